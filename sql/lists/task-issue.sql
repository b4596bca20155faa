-- title: The issue of one task
-- parameters: $1 task uuid
-- needs: agent_task_queue(id, issue_id), issue(id, number)
-- columns: number integer
-- why: Through both primary keys.
select
	issue.number
from agent_task_queue as task
join issue on issue.id = task.issue_id
where task.id = $1
