import { formatMs, formatPercent } from '../../lib/format.ts';
import type { DiagnosisInput } from './check.ts';
import { watchingCost } from './console/watching-cost.ts';
import { evidenceRows } from './evidence.ts';

/** How one thing stands, whether that is good or bad. Sanitised. */
export type Fact = { readonly topic: string; readonly text: string };

/** What somebody would ask who has just come, also where all is well. */
export const factsOf = (input: DiagnosisInput): readonly Fact[] => [
	...sight(input),
	...cost(input),
];

/** What the role can't see. */
function sight(input: DiagnosisInput): readonly Fact[] {
	const row = evidenceRows(input, 'database/role')?.[0];
	if (!row || row.can_read_stats === true) return [];
	const user = String(row.role_name ?? 'this role');
	return [
		{
			topic: 'sight',
			text: `${user} sees that others are connected, not what they do: GRANT pg_read_all_stats TO "${user.replaceAll('"', '""')}" shows state, idle time and query`,
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
