import { formatCount, formatPlural } from '../../lib/format.ts';
import type { ActivityData } from '../../sampling/panel-data.ts';
import { activityOf } from '../../sampling/panels.ts';
import { span } from '../draw/span.ts';
import { tableLines } from '../draw/table.ts';
import { definePanel } from './panel.ts';
import { countCell, sparkLine, sparkRank } from './parts.ts';
import { lastSnapshot, type Series } from './series.ts';

const stateOf = lastSnapshot(activityOf);

const recentUsers: Series = {
	title: 'users',
	metric: { name: 'multica_active_users', matchers: 'window="5m"', combine: 'max' },
	read: (snapshot) => {
		const users = stateOf(snapshot).data.windows[0]?.users;
		return users === undefined ? undefined : Number(users);
	},
	format: formatCount,
};

/** Who uses the product at all: when nobody works, a queue that stands still is no fault. */
export const activityPanel = definePanel<ActivityData>({
	number: 5,
	id: 'activity',
	title: 'Activity',
	series: recentUsers,
	stateOf,
	lines({ data, frame }, width) {
		const columns = [
			{ title: 'active' },
			...data.windows.map(({ window }) => ({ title: window, isNumber: true })),
		];
		const [titles, ...rows] = tableLines(
			columns,
			[
				['users', ...data.windows.map(({ users }) => countCell(users))],
				['workspaces', ...data.windows.map(({ workspaces }) => countCell(workspaces))],
			],
			width,
		);
		const spark = sparkLine(frame, recentUsers, width);
		const total = data.workspaceTotal;
		return [
			{ line: titles ?? [], rank: 2 },
			...rows.map((line, at) => ({ line, rank: at })),
			...(total === undefined
				? []
				: [{ line: [span(`of ${formatPlural(total, 'workspace')}`, 'muted')], rank: 6 }]),
			...(spark === undefined ? [] : [{ line: spark, rank: sparkRank }]),
		];
	},
});
