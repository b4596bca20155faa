import { formatPlural } from '../../../lib/format.ts';
import type { DiagnosisInput } from '../check.ts';
import type { NextStep } from '../finding.ts';
import { dirtyQueueOf } from './dirty-queues.ts';
import type { Pipeline } from './pipelines.ts';

/**
 * One tick by hand: bounded, and harmless as often as one likes. Where it would prune invalidations that it
 * doesn't consume, that these are consumed first.
 */
export function tickStep(
	input: DiagnosisInput,
	pipeline: Pipeline,
	say = `Tick ${pipeline.name} once by hand.`,
): NextStep {
	const { name, tickFunction } = pipeline;
	const queue = dirtyQueueOf(input, pipeline);
	if (queue && queue.lostNext > 0 && !queue.pruneKeeps) return drainStep(pipeline);
	return { say, command: `tick --pipeline ${name}`, sql: `select ${tickFunction}();` };
}

/** Everything recomputed from raw usage, and the watermark stamped where usage is settled. */
export const backfillStep = (
	{ name, state, windowFunction, lock }: Pipeline,
	say = `Backfill ${name}; it may run for hours and keeps what it has done.`,
): NextStep => ({
	say,
	command: `backfill --pipeline ${name}`,
	sql: [
		'begin;',
		`select pg_advisory_xact_lock(${lock});`,
		`select ${windowFunction}((select min(created_at) from task_usage), now() - interval '5 minutes');`,
		`update ${state} set watermark_at = now() - interval '5 minutes' where id = 1;`,
		'commit;',
	].join(' '),
});

/** A window of no length: it consumes the queue, and moves no watermark. */
export const drainStep = ({ name, windowFunction, lock }: Pipeline): NextStep => ({
	say: `Consume the ${name} queue without a tick, before anything is pruned.`,
	command: `replay --pipeline ${name} --by update --from 1h --to now`,
	sql: [
		'begin;',
		`select pg_advisory_xact_lock(${lock});`,
		`select ${windowFunction}(now() - interval '5 minutes', now() - interval '5 minutes');`,
		'commit;',
	].join(' '),
});

/** Every bucket of the last days is told to be wrong; the next tick makes it right. */
export function enqueueStep(pipeline: Pipeline, days: number): NextStep {
	const { name, table, bucket, bucketOfUsage, dirty, keys } = pipeline;
	const columns = [bucket, ...Object.keys(keys)].join(', ');
	const hasIssue = 'project_id' in keys;
	const needsRuntime = 'runtime_id' in keys;
	return {
		say: `Have what differs in the last ${formatPlural(days, 'day')} of ${name} recomputed: enqueue those buckets, then tick.`,
		command: `repair --pipeline ${name} --from ${days}d`,
		sql: [
			`insert into ${dirty} (${columns})`,
			`select ${bucketOfUsage}, ${Object.values(keys).join(', ')} from task_usage u`,
			'join agent_task_queue t on t.id = u.task_id join agent a on a.id = t.agent_id',
			...(hasIssue ? ['left join issue i on i.id = t.issue_id'] : []),
			`where u.created_at > now() - interval '${days} days'${needsRuntime ? ' and t.runtime_id is not null' : ''}`,
			`union select ${columns} from ${table} where ${bucket} > now() - interval '${days} days'`,
			'on conflict do nothing;',
		].join(' '),
	};
}
