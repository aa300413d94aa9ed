//! What is protected: databases as dumps with an inventory, and file trees.
