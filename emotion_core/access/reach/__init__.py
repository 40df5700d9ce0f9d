"""Which machines this one connects to when somebody names them.

A request that the server makes comes from within its own network. So an address is judged after
its name was looked up, and what was judged is what the connection is made to: a name that means
another machine a moment later (DNS rebinding) leads nowhere else.
"""
