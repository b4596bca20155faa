import { formatCount } from '../../lib/format.ts';
import { displayWidth } from '../../lib/text.ts';
import type { RuntimeGroup, RuntimesData } from '../../sampling/panel-data.ts';
import { runtimesOf } from '../../sampling/panels.ts';
import { severityOf } from '../draw/mark.ts';
import { flowLines, type Line, line, span } from '../draw/span.ts';
import { sparkline } from '../draw/sparkline.ts';
import { tableLines } from '../draw/table.ts';
import { definePanel, type PanelInput, type RankedLine, ranked } from './panel.ts';
import { countCell, labelledCount } from './parts.ts';
import { lastSnapshot, type Series } from './series.ts';

const stateOf = lastSnapshot(runtimesOf);

type State = 'online' | 'late' | 'silent';

const sumOf = (groups: readonly RuntimeGroup[] | undefined, state: State): number | undefined =>
	groups?.reduce((sum, group) => sum + Number(group[state]), 0);

const onlineSeries: Series = {
	title: 'online',
	metric: { name: 'multica_runtime_online', combine: 'sum' },
	read: (snapshot) => sumOf(stateOf(snapshot).data.groups, 'online'),
	format: formatCount,
};

/** Who could work, by the age of the last heartbeat. */
export const runtimesPanel = definePanel<RuntimesData>({
	number: 2,
	id: 'runtimes',
	title: 'Runtimes',
	series: onlineSeries,
	stateOf,
	lines(input, width) {
		const heartbeat = heartbeatLine(input.data, width);
		return [
			...ranked(flowLines(headline(input), width), 0, 1),
			...groupTable(input.data, width),
			...(heartbeat === undefined ? [] : [{ line: heartbeat, rank: 4.5 }]),
		];
	},
});

function headline({ data: { groups }, verdicts }: PanelInput<RuntimesData>): readonly Line[] {
	const silent = severityOf(verdicts, 'runtimes-silent');
	const none = severityOf(verdicts, 'no-runtime-for-work');
	return [
		labelledCount('online', sumOf(groups, 'online'), none === 'ok' ? undefined : none),
		labelledCount('late', sumOf(groups, 'late')),
		labelledCount('silent', sumOf(groups, 'silent'), silent),
	];
}

function groupTable({ groups }: RuntimesData, width: number): readonly RankedLine[] {
	if (groups === undefined) return [];
	const columns = [
		{ title: 'mode', rank: 2 },
		{ title: 'provider', leastWidth: 7 },
		{ title: 'online', isNumber: true, leastGap: 1 },
		{ title: 'late', isNumber: true, leastGap: 1, rank: 1 },
		{ title: 'silent', isNumber: true, leastGap: 1 },
	];
	const trouble = (group: RuntimeGroup) => Number(group.silent) * 1e6 + Number(group.late);
	const sorted = groups.toSorted((a, b) => trouble(b) - trouble(a));
	const rows = sorted.map(({ mode, provider, online, late, silent }) => [
		mode,
		provider,
		countCell(online),
		countCell(late),
		countCell(silent),
	]);
	const [titles, ...lines] = tableLines(columns, rows, width);
	return [{ line: titles ?? [], rank: 2 }, ...ranked(lines, 3, 0.01)].map((each, at) =>
		// Two groups are shown before the heartbeats, the others after them.
		at > 2 ? { ...each, rank: each.rank + 2 } : each,
	);
}

/** How many runtimes were heard of how long ago: one bar a bucket. */
function heartbeatLine({ heartbeat }: RuntimesData, width: number): Line | undefined {
	if (heartbeat === undefined) return undefined;
	const bars = sparkline(heartbeat.counts);
	const first = heartbeat.bounds[0];
	const last = heartbeat.bounds.at(-1);
	const long = ` up to ${heartbeat.bounds.join(' ')}s, more`;
	const short = ` ${first}s to ${last}s, more`;
	const label = 'heartbeat age ';
	const room = width - label.length - displayWidth(bars);
	const scale = [long, short].find((each) => each.length <= room) ?? '';
	return line(span(label, 'muted'), span(bars, 'accent'), span(scale, 'muted'));
}
