freeze("scripts")
freeze("build/made")
