"""The HTTP side: routes, tickets, problems, metrics. Status numbers appear nowhere else."""
