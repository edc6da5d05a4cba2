freeze("scripts")
