-- title: The issue of one task, with its title
-- parameters: $1 task uuid
-- needs: agent_task_queue(id, issue_id), issue(id, number, title)
-- columns: number integer, title text
-- why: Through both primary keys. The watching role may not read the title: then the other variant is asked.
select
	issue.number,
	left(issue.title, 200) as title
from agent_task_queue as task
join issue on issue.id = task.issue_id
where task.id = $1
