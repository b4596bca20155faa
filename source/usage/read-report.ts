import type { PipelineData } from '../sampling/panel-data.ts';
import type { Row } from '../sampling/reading.ts';
import type { Asking } from './asking.ts';
import { comparisonOf, dayRows, weekRows } from './day-rows.ts';
import { type HeatMap, heatMap } from './heat-map.ts';
import { hourRows, type Listed, listedRows } from './listed-rows.ts';
import { notesOf } from './notes.ts';
import { isFolded, type Pair, readPair, spanValues } from './pair.ts';
import type { Reach } from './reach.ts';
import type { DayRow, RowKey, UsageReport } from './report.ts';
import type { Scope } from './scope.ts';
import type { RollupName } from './sources.ts';
import { sumUsage } from './usage.ts';

/** Sums up, from the source and from what it is compared with; undefined: not known yet. */
export function readReport(
	asking: Asking,
	scope: Scope,
	reach: Reach,
	rollups: Readonly<Partial<Record<RollupName, PipelineData>>>,
): UsageReport | undefined {
	const byDay = readPair(asking, scope, reach, 'day');
	const isByTime = scope.by === 'day' || scope.by === 'week';
	const grouped = isByTime ? byDay : readPair(asking, scope, reach, scope.by);
	const starts = startsOf(asking, scope, reach);
	if (byDay === undefined || grouped === undefined || starts === undefined) return undefined;
	const watermarkAt = watermarkOf(scope, reach, rollups);
	const days = dayRows(byDay, scope, reach, watermarkAt);
	const heat = scope.by === 'hour' ? heatOf(scope, grouped.own, starts.rows) : undefined;
	const { rows, isCut } = rowsOf(asking, scope, { days, grouped, heat });
	const { subject, by, zone, source, first, last, today, now: takenAt } = scope;
	return {
		...{ subject, by, zone, source, first, last, today, takenAt },
		total: sumUsage(days.map(({ usage }) => usage)),
		rows,
		isCut,
		days,
		...(heat && { heat }),
		comparison: comparisonOf(days, byDay, reach),
		...(watermarkAt !== undefined && { watermarkAt }),
		notes: notesOf(scope, reach, isCut, starts.why),
	};
}

const heatOf = (scope: Scope, usage: readonly Row[], starts?: readonly Row[]): HeatMap =>
	heatMap(scope.first, scope.last, isFolded(scope), usage, starts);

/** Task starts, or why they can't be had; both absent: nobody wants them. */
function startsOf(
	asking: Asking,
	scope: Scope,
	{ noStarts, areStartsByTask }: Reach,
): { readonly rows?: readonly Row[]; readonly why?: string } | undefined {
	if (scope.by !== 'hour') return {};
	if (noStarts !== undefined) return { why: noStarts };
	return asking.find(areStartsByTask ? 'task-starts-owned' : 'task-starts', {
		...spanValues(scope),
		zone: scope.zone.zone,
		is_folded: isFolded(scope),
	});
}

/** Up to where the rollup that is shown, or compared with, has got. */
function watermarkOf(
	{ source }: Scope,
	{ comparison }: Reach,
	rollups: Readonly<Partial<Record<RollupName, PipelineData>>>,
): number | undefined {
	const name =
		source.source === 'raw' && comparison.kind === 'with' ? comparison.source : source.source;
	const at = name === 'raw' ? undefined : rollups[name]?.watermarkAt;
	// A watermark at the epoch, or before all time, is one that never moved.
	return at === undefined || at === Number.POSITIVE_INFINITY ? undefined : Math.max(0, at);
}

function rowsOf(
	asking: Asking,
	scope: Scope,
	read: {
		readonly days: readonly DayRow[];
		readonly grouped: Pair;
		readonly heat: HeatMap | undefined;
	},
): Listed {
	const { days, grouped, heat } = read;
	switch (scope.by) {
		case 'day':
			return { rows: days, isCut: false };
		case 'week':
			return { rows: weekRows(days), isCut: false };
		case 'agent':
			return listedRows(grouped, agentKeys(asking, grouped));
		case 'model':
			return listedRows(grouped, modelKey);
		case 'hour': {
			const other = grouped.other && heatOf(scope, grouped.other);
			return { rows: heat ? hourRows(heat, other) : [], isCut: false };
		}
	}
}

/** Agents are called by their names where these may be read. */
function agentKeys(asking: Asking, { own, other = [] }: Pair): (row: Row) => RowKey {
	const ids = [...new Set([...own, ...other].map((row) => String(row.agent_id)))].toSorted();
	const found = ids.length > 0 ? asking.findLater('agent-names', { ids }) : undefined;
	const rows = found && 'rows' in found ? found.rows : [];
	const names = new Map(rows.map((row) => [row.id, row.name]));
	return (row) => {
		const name = names.get(row.agent_id ?? '');
		return {
			kind: 'agent',
			id: String(row.agent_id),
			name: typeof name === 'string' ? name : null,
			model: String(row.model),
		};
	};
}

const modelKey = (row: Row): RowKey => ({
	kind: 'model',
	provider: String(row.provider),
	model: String(row.model),
});
