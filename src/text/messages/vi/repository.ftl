# repository
