-- title: How many tasks one runtime or workspace ever had
-- parameters: $1 runtime uuid or null, $2 workspace uuid or null, $3 most integer
-- timeout: 1000ms
-- needs: agent_task_queue(id, agent_id, runtime_id), agent(id, workspace_id)
-- columns: tasks integer
-- why: Where everybody's usage of a span is too much, that of one may not be: its tasks are counted along the index
-- why: on (runtime_id, id) or (agent_id, id), and no further than one more than may be looked up.
select count(*) as tasks
from (
	(
		select
		from agent_task_queue
		where $1::uuid is not null and runtime_id = $1::uuid
		limit $3::int + 1
	)
	union all
	(
		select
		from agent a
		cross join lateral (select from agent_task_queue where agent_id = a.id offset 0) t
		where $1::uuid is null and a.workspace_id = $2::uuid
		limit $3::int + 1
	)
) owned
