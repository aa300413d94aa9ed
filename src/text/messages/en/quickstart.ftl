# quickstart
