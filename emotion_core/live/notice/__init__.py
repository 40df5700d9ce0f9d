"""What people in front of the camera are told, and what a recording is said to be for.

The EU AI Act (Regulation (EU) 2024/1689) calls this app an emotion recognition system.
Article 50(3) has whoever uses one tell the people it looks at, since 2 August 2026; Article 5(1)(f)
forbids it at work and in education but for medical or safety reasons.
"""
