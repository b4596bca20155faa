import { formatAge, formatCount } from '../../lib/format.ts';
import type { LeasesData } from '../../sampling/panel-data.ts';
import { leasesOf } from '../../sampling/panels.ts';
import { severityOf } from '../draw/mark.ts';
import { flowLines, type Line, line, span } from '../draw/span.ts';
import { definePanel, type PanelInput, ranked } from './panel.ts';
import { labelled, labelledAge, labelledCount, sparkLine, sparkRank } from './parts.ts';
import { lastSnapshot, type Series } from './series.ts';

const stateOf = lastSnapshot(leasesOf);

const readySeries: Series = {
	title: 'ready',
	metric: { name: 'xyn_queue_ready_depth', combine: 'sum' },
	read: (snapshot) => {
		const { ready } = stateOf(snapshot).data;
		return ready === undefined ? undefined : Number(ready);
	},
	format: formatCount,
};

/** A run queue and the workers that hold its leases. */
export const leasesPanel = definePanel<LeasesData>({
	number: 6,
	id: 'leases',
	title: 'Leases',
	series: readySeries,
	stateOf,
	lines(input, width) {
		const spark = sparkLine(input.frame, readySeries, width);
		return [
			...ranked(flowLines(waiting(input), width), 0, 2),
			...ranked(flowLines(held(input), width), 1, 2),
			...ranked(flowLines(byStatus(input.data), width), 4, 0.1),
			...(spark === undefined ? [] : [{ line: spark, rank: sparkRank }]),
		];
	},
});

function waiting({ data, verdicts }: PanelInput<LeasesData>): readonly Line[] {
	const isNone = data.ready !== undefined && Number(data.ready) === 0;
	const age = severityOf(verdicts, 'oldest-ready-run');
	const draining = severityOf(verdicts, 'not-draining');
	return [
		labelledCount('ready', data.ready),
		labelledAge('oldest', isNone ? null : data.longestWaitSeconds, age, draining),
		labelledCount('future', data.future),
	];
}

function held({ data, verdicts }: PanelInput<LeasesData>): readonly Line[] {
	const expired = severityOf(verdicts, 'expired-lease');
	const remain = severityOf(verdicts, 'expired-leases-remain');
	const none = severityOf(verdicts, 'no-active-lease');
	const { oldestExpiredSeconds, workersAlive } = data;
	return [
		labelledCount('active', data.active, none === 'ok' ? undefined : none),
		line(
			labelledCount('expired', data.expired, expired, remain),
			typeof oldestExpiredSeconds === 'number'
				? span(` ${formatAge(oldestExpiredSeconds)} ago`, 'muted')
				: undefined,
		),
		...(workersAlive === undefined ? [] : [labelledCount('workers', workersAlive)]),
	];
}

const byStatus = ({ byStatus: statuses = [] }: LeasesData): readonly Line[] =>
	statuses.map(({ status, runs }) =>
		labelled(status === '' ? '(none)' : status, formatCount(runs)),
	);
