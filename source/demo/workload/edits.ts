import type { Client } from 'pg';
import { demoId, shape } from '../shape.ts';
import type { Random } from './random.ts';
import type { Switches } from './switches.ts';

/** Usage that arrives late corrects what was reported in the last hours. */
const correct = `
update task_usage set output_tokens = output_tokens + 200, updated_at = now()
where id = (
	select id from task_usage where created_at > now() - interval '3 hours' and created_at < now() - $1::float8 * interval '3 hours'
	order by created_at desc limit 1
)`;

const moveIssue = `
update issue set project_id = case when $2::boolean then null else gen_random_uuid() end where id = $1`;

/** A finished task of an issue is booked on the workspace's other runtime. */
const moveTask = `
update agent_task_queue task set runtime_id = other.id
from agent_runtime own join agent_runtime other on other.workspace_id = own.workspace_id and other.id <> own.id
where own.id = task.runtime_id
	and task.id = (select id from agent_task_queue where issue_id = $1 and status = 'completed' order by id limit 1)`;

/** Deletes an issue with all its work, and opens a new one under the same number. */
const replaceIssue = `
with gone as (delete from issue where id = $1 returning *)
insert into issue select $2::uuid, gone.workspace_id, gone.project_id, gone.creator_type,
	gone.creator_id, gone.number, gone.title from gone`;

/** One second of second thoughts: corrections, moves and deletes of older work. */
export async function stepEdits(client: Client, random: Random, switches: Switches): Promise<void> {
	for (let left = random.count(switches.editsPerMinute / 60); left > 0; left--) {
		await editOnce(client, random);
	}
}

async function editOnce(client: Client, random: Random): Promise<void> {
	const issue = demoId('issue', 1 + random.below(shape.workspaces * shape.issuesPerWorkspace));
	const kind = random.next();
	if (kind < 0.5) await client.query(correct, [random.next()]);
	else if (kind < 0.8) await client.query(moveIssue, [issue, random.chance(0.2)]);
	else if (kind < 0.97) await client.query(moveTask, [issue]);
	else await client.query(replaceIssue, [issue, issue]);
}
