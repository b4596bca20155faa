-- title: Active users and workspaces
-- panel: activity
-- every: 60s
-- index: chat_message(created_at)
-- needs: chat_session(id, workspace_id, creator_id), chat_message(chat_session_id, created_at), agent_task_queue(status, issue_id, created_at, dispatched_at, started_at, completed_at), issue(id, workspace_id, creator_type, creator_id)
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
-- why: One query for all windows, and for chat and tasks together: a person seen in both counts once, so
-- why: the two can't be counted apart and added. Tasks: nothing indexes created_at alone, but a task
-- why: created inside the window is still queued, or was dispatched, started or finished inside it, and each
-- why: of these has a partial index; so the cost is that of a day's traffic. Not seen until they move on:
-- why: tasks in waiting_local_directory or deferred, which no index holds. Chat: the one index begins with
-- why: the session, so all of it is read, without touching the table, which is why this runs once a
-- why: minute. The bound on chat_session_id, true of every row and unknown to the planner, makes it see
-- why: that. CREATE INDEX CONCURRENTLY ON chat_message (created_at) is used as soon as it is there.
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
	union all
	select session.creator_id, session.workspace_id, spoken.last_at
	from (
		select chat_session_id, max(created_at) as last_at from chat_message
		where created_at > now() - interval '24 hours'
		and chat_session_id >= (select '00000000-0000-0000-0000-000000000000'::uuid)
		group by chat_session_id
	) as spoken
	join chat_session as session on session.id = spoken.chat_session_id
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
order by span.length
