"""Processes of our own: started, cut off, asked, and tasks that wait for one."""
