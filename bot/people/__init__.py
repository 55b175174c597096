"""Those who help: places, teams, roles and what each may do, invitations. Pure."""
