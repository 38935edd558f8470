"""What a platform offers a tool beside launches: names and roles, grades."""
