import {
	formatAge,
	formatDateTime,
	formatMs,
	formatPercent,
	formatPerMinute,
	formatPlural,
} from '../../lib/format.ts';
import { databaseOf } from '../../sampling/panels.ts';
import type { DiagnosisInput } from './check.ts';
import { watchingCost } from './console/watching-cost.ts';
import { agoAt, evidenceRows, identifier, numberIn } from './evidence.ts';
import { dirtyQueueOf, flowsPerMinute, outlookOf } from './rollups/dirty-queues.ts';
import { pipelinesHere } from './rollups/pipelines.ts';
import { answers, describeTickers, tickersOf } from './rollups/tickers.ts';

/** How one thing stands, whether that is good or bad. Sanitised. */
export type Fact = { readonly topic: string; readonly text: string };

/** What somebody would ask who has just come, also where all is well. */
export const factsOf = (input: DiagnosisInput): readonly Fact[] => [
	...ticking(input),
	...queues(input),
	...legacy(input),
	...standby(input),
	...sight(input),
	...cost(input),
];

/** Who ticks each pipeline, and where somebody might whom nobody has found. */
function ticking(input: DiagnosisInput): readonly Fact[] {
	const here = pipelinesHere(input);
	if (here.length === 0) return [];
	return [
		...here.map((pipeline) => ({
			topic: `ticks ${pipeline.name}`,
			text: describeTickers(tickersOf(input, pipeline)),
		})),
		...answers(input).map(({ place, text }) => ({ topic: place, text })),
	];
}

/** What waits in the dirty queues, and what becomes of it. */
const queues = (input: DiagnosisInput): readonly Fact[] =>
	pipelinesHere(input).flatMap((pipeline) => {
		const queue = dirtyQueueOf(input, pipeline);
		if (!queue) return [];
		const inflow = queue.inflowPerMinute;
		const drain = flowsPerMinute(input, pipeline.name)?.out;
		const parts = [
			`${queue.isCapped ? 'over ' : ''}${formatPlural(queue.rows, 'row')}, the oldest for ${formatAge(queue.oldestSeconds)}`,
			...(inflow === undefined ? [] : [`in ${formatPerMinute(inflow)}`]),
			...(drain === undefined ? [] : [`out ${formatPerMinute(drain)}`]),
			outlookOf(input, pipeline, queue),
		];
		return [{ topic: `dirty ${pipeline.name}`, text: parts.join(', ') }];
	});

/** Usage from before the column updated_at, which windows read by created_at. */
function legacy(input: DiagnosisInput): readonly Fact[] {
	const row = evidenceRows(input, 'rollup/usage-times')?.[0];
	const newest = agoAt(input, numberIn(row, 'newest_without_seconds'));
	return newest === undefined
		? []
		: [
				{
					topic: 'legacy usage',
					text: `rows up to ${formatDateTime(newest)} have no updated_at: they count by created_at`,
				},
			];
}

function standby({ snapshot }: DiagnosisInput): readonly Fact[] {
	if (databaseOf(snapshot).data.isStandby !== true) return [];
	return [{ topic: 'standby', text: 'this server replays a primary: nothing can be changed here' }];
}

/** What the role can't see. */
function sight(input: DiagnosisInput): readonly Fact[] {
	const row = evidenceRows(input, 'database/role')?.[0];
	if (!row || row.can_read_stats === true) return [];
	const user = String(row.role_name ?? 'this role');
	return [
		{
			topic: 'sight',
			text: `${user} sees that others are connected, not what they do: GRANT pg_read_all_stats TO ${identifier(user)} shows state, idle time and query`,
		},
	];
}

function cost(input: DiagnosisInput): readonly Fact[] {
	const known = watchingCost(input);
	if (!known) return [];
	return [
		{
			topic: 'cost',
			text: `a refresh takes the server ${formatMs(known.serverMs)}, ${formatPercent(known.share)} of one processor`,
		},
	];
}
