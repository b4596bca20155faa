import type { Client } from 'pg';
import { failureReasons, models, providers, shape } from '../shape.ts';

const {
	workspaces,
	agentsPerWorkspace,
	issuesPerWorkspace,
	chatSessionsPerWorkspace,
	historyTasksPerMinute,
	historyTasksPerMinuteAtFirst,
	historyDays,
} = shape;

/**
 * Tasks from $1 to $2, hour by hour: more each week, fewer at night (UTC) and on weekends. Each has
 * its whole life laid out, and where that reaches past $3 the row shows how far it has come.
 * Ids are in the order of time, which is how newer products make them, and quicker to index.
 */
const tasks = `
with hours as (
	select greatest(hour, $1::timestamptz) as start, least(hour + interval '1 hour', $2::timestamptz) as stop,
		${historyTasksPerMinute} - ${historyTasksPerMinute - historyTasksPerMinuteAtFirst}
			* least(1, extract(epoch from now() - hour) / ${historyDays * 86_400}) as growth,
		0.75 + 0.45 * sin((extract(hour from hour at time zone 'UTC') - 8) / 24.0 * 2 * pi()) as day,
		case when extract(isodow from hour at time zone 'UTC') > 5 then 0.5 else 1.1 end as week
	from generate_series(date_trunc('hour', $1::timestamptz), $2::timestamptz, interval '1 hour') hour
), slots as materialized (
	select start + random() * (stop - start) as created_at, random() as kind, random() as fate,
		1 + floor(power(random(), 1.5) * ${workspaces})::int as w,
		floor(random() * 1000000)::int as pick,
		2 + least(-7 * ln(1 - random() * 0.999), 45) as wait, 1 + random() * 2 as boot, -ln(1 - random() * 0.9999) as work
	from hours, generate_series(1, round(growth * day * week * extract(epoch from stop - start) / 60)::int)
	order by 1
), lives as (
	select *, created_at + wait * interval '1 second' as dispatched,
		created_at + (wait + boot) * interval '1 second' as started,
		created_at + (wait + boot + 3 + least(work * case when kind < 0.45 then 80 else 200 end, 1500)) * interval '1 second' as finished,
		pg_temp.demo_id('agent', (w - 1) * ${agentsPerWorkspace} + 1 + pick % ${agentsPerWorkspace}) as agent_id
	from slots
)
insert into agent_task_queue (id, agent_id, runtime_id, issue_id, chat_session_id, autopilot_run_id,
	status, priority, attempt, max_attempts, created_at, dispatched_at, started_at, completed_at,
	error, failure_reason)
select uuidv7(created_at - now()), agent_id, agent.runtime_id,
	case when kind between 0.45 and 0.8 then
		pg_temp.demo_id('issue', (w - 1) * ${issuesPerWorkspace} + 1 + pick % ${issuesPerWorkspace}) end,
	case when kind < 0.45 then
		pg_temp.demo_id('session', (w - 1) * ${chatSessionsPerWorkspace} + 1 + pick % ${chatSessionsPerWorkspace}) end,
	case when kind between 0.8 and 0.93 then gen_random_uuid() end,
	case when finished <= $3 then case when fate < 0.04 then 'failed' when fate < 0.06 then 'cancelled' else 'completed' end
		when started <= $3 then 'running' when dispatched <= $3 then 'dispatched' else 'queued' end,
	pick % 3, 0, 3, created_at,
	case when dispatched <= $3 then dispatched end, case when started <= $3 then started end,
	case when finished <= $3 then finished end,
	case when finished <= $3 and fate < 0.04 then 'the agent process ended with status 1' end,
	case when finished <= $3 and fate < 0.04 then
		(array['${failureReasons.join("','")}'])[1 + pick % ${failureReasons.length}] end
from lives join agent on agent.id = agent_id`;

const modelTable = providers
	.filter((provider, index) => providers.indexOf(provider) === index)
	.flatMap((provider) =>
		models[provider].map((model, which) => `('${provider}', ${which}, '${model}')`),
	)
	.join(', ');

/**
 * Usage of the tasks that ended between $1 and $2: one or two models each. One in ten was corrected
 * later, and rows from before $3 are older than the column updated_at.
 */
const usage = `
insert into task_usage (id, task_id, provider, model, input_tokens, output_tokens, cache_read_tokens,
	cache_write_tokens, created_at, updated_at)
select uuidv7(task.completed_at - now()), task.id, runtime.provider, m.model,
	(500 + 20000 * drawn.size)::bigint, (100 + 3000 * drawn.size)::bigint,
	(80000 * drawn.size)::bigint, (4000 * drawn.size)::bigint, task.completed_at,
	case when task.completed_at < $3 then null
		when drawn.size < 0.1 then least(task.completed_at + interval '40 seconds', now())
		else task.completed_at end
from agent_task_queue task
	join agent_runtime runtime on runtime.id = task.runtime_id
	cross join lateral (
		select random() as size, random() < 0.3 as both, task.id
	) drawn
	join (values ${modelTable}) as m (provider, which, model)
		on m.provider = runtime.provider and (m.which = 0 or drawn.both)
where task.status in ('completed', 'failed', 'cancelled')
	and task.completed_at > $1 and task.completed_at <= $2
	and (task.status <> 'cancelled' or task.attempt = 0)`;

/** What people and agents said: a question when a chat's task was created, the answer at its end. */
const messages = `
insert into chat_message (id, chat_session_id, created_at)
select uuidv7(said.at - now()), chat_session_id, said.at
from agent_task_queue task cross join lateral (values (created_at), (completed_at)) as said (at)
where chat_session_id is not null and said.at > $1 and said.at <= $2
order by said.at`;

/** What was in flight when the demo stopped at $1 ended soon afterwards, unless that was just now. */
export const finishInterrupted = `
update agent_task_queue set status = 'completed',
	dispatched_at = coalesce(dispatched_at, $1), started_at = coalesce(started_at, $1),
	completed_at = least($1::timestamptz + random() * interval '3 minutes', now())
where status in ('queued', 'dispatched', 'running')
	and coalesce(started_at, created_at) < now() - interval '12 minutes'`;

/** A stretch of history, its end included. */
export interface HistoryRange {
	readonly from: Date;
	readonly to: Date;
}

/** Fills in tasks created in the range, as they stand at `horizon`. */
export async function insertTasks(
	client: Client,
	{ from, to }: HistoryRange,
	horizon: Date,
): Promise<void> {
	await client.query(tasks, [from, to, horizon]);
}

/** Fills in usage of the tasks that ended in the range. */
export async function insertUsage(
	client: Client,
	{ from, to }: HistoryRange,
	legacyBefore: Date,
): Promise<void> {
	await client.query(usage, [from, to, legacyBefore]);
}

/** Fills in the chats of the range. */
export async function insertMessages(client: Client, { from, to }: HistoryRange): Promise<void> {
	await client.query(messages, [from, to]);
}
