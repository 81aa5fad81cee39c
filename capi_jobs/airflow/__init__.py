"""What Airflow needs of us: tasks, approval, secrets, notices, plugin, connection type.

The only room, beside `dags/`, that imports Airflow. What is done stands in `jobs/`.
"""
