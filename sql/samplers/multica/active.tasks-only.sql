-- title: Active users and workspaces (no chat here)
-- panel: activity
-- every: 15s
-- needs: agent_task_queue(status, issue_id, created_at, dispatched_at, started_at, completed_at), issue(id, workspace_id, creator_type, creator_id)
-- columns: window text, users integer, workspaces integer
-- metric: multica_active_users
-- type: gauge
-- labels: window
-- value: users
-- help: Distinct people with a chat message in a session of theirs, or a task created for an issue they opened, inside the window.
-- metric: multica_active_workspaces
-- type: gauge
-- labels: window
-- value: workspaces
-- help: Distinct workspaces with a chat message, or a task created for an issue, inside the window.
-- why: For older versions without chat: the task half of the plain file. Where chat exists but may not be
-- why: read, it gives no rows: a count without chat would be wrong, not just smaller.
with touched as (
	select issue_id, max(created_at) as last_at
	from (
		select issue_id, created_at from agent_task_queue
		where status = 'queued' and created_at > now() - interval '24 hours'
		union all
		select issue_id, created_at from agent_task_queue
		where status = 'dispatched' and started_at is null
		union all
		select issue_id, created_at from agent_task_queue
		where status = 'running' and started_at > now() - interval '24 hours'
		union all
		select issue_id, created_at from agent_task_queue
		where status in ('completed', 'failed', 'cancelled')
		and completed_at > now() - interval '24 hours'
	) as task
	where created_at > now() - interval '24 hours' and issue_id is not null
	group by issue_id
),
activity as (
	select
		case when issue.creator_type = 'member' then issue.creator_id end as user_id,
		issue.workspace_id,
		touched.last_at
	from touched
	join issue on issue.id = touched.issue_id
),
people as (
	select max(last_at) as last_at from activity where user_id is not null group by user_id
),
places as (
	select max(last_at) as last_at from activity group by workspace_id
)
select
	span.name as "window",
	(select count(*) from people where last_at > now() - span.length) as users,
	(select count(*) from places where last_at > now() - span.length) as workspaces
from (values
	('5m', interval '5 minutes'), ('1h', interval '1 hour'), ('24h', interval '24 hours')
) as span (name, length)
where to_regclass('chat_message') is null
order by span.length
