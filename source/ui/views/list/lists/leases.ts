import { severityAt } from '../../../../health/severity-at.ts';
import type { Thresholds } from '../../../../health/thresholds.ts';
import type { Severity } from '../../../../health/verdict.ts';
import type { Row } from '../../../../sampling/reading.ts';
import { type ListDefinition, pageOf } from '../list-definition.ts';
import { noteOfMet } from '../met.ts';

const expired = ({ expired_seconds: seconds }: Row, thresholds: Thresholds): Severity =>
	severityAt(thresholds['expired-lease'], seconds);

/** The runs behind the panel: held, by whom, and waiting. */
export const leaseLists: readonly ListDefinition[] = [
	{
		id: 'leases',
		title: 'held',
		panel: 'leases',
		questions: (after) => [pageOf('lists/leases', after)],
		pagedBy: 'id',
		noteOf: noteOfMet('running runs'),
		columns: [
			{ field: 'expired_seconds', title: 'expired', format: 'age' },
			{ field: 'left_seconds', title: 'left', format: 'age' },
			{ field: 'worker', title: 'worker', format: 'text', leastWidth: 10 },
			{ field: 'id', title: 'run', format: 'id', leastWidth: 8 },
		],
		key: ['id'],
		copies: 'id',
		severityOf: expired,
		detail: { title: ({ id }) => `run ${id}` },
	},
	{
		id: 'lease-workers',
		title: 'by worker',
		panel: 'leases',
		questions: (after) => [pageOf('lists/lease-workers', after)],
		pagedBy: 'worker',
		noteOf: noteOfMet('running runs'),
		columns: [
			{ field: 'worker', title: 'worker', format: 'text', leastWidth: 10 },
			{ field: 'active', title: 'active', format: 'count' },
			{ field: 'expired', title: 'expired', format: 'count' },
			{ field: 'expired_seconds', title: 'expired for', format: 'age' },
			{ field: 'next_seconds', title: 'next runs out in', format: 'age', rank: 1 },
		],
		key: ['worker'],
		copies: 'worker',
		severityOf: expired,
		detail: { title: ({ worker }) => `worker ${worker ?? 'without a name'}` },
	},
	{
		id: 'runs-ready',
		title: 'oldest ready',
		panel: 'leases',
		questions: (after) => [pageOf('lists/runs-ready', after)],
		pagedBy: 'id',
		noteOf: noteOfMet('queued runs'),
		columns: [
			{ field: 'seconds', title: 'queued', format: 'age' },
			{ field: 'ready_seconds', title: 'ready', format: 'age' },
			{ field: 'id', title: 'run', format: 'id', leastWidth: 8 },
		],
		key: ['id'],
		copies: 'id',
		// One that was queued for later has not waited before its time.
		severityOf: ({ seconds, ready_seconds: ready }, thresholds) =>
			severityAt(
				thresholds['oldest-ready-run'],
				Math.min(Number(seconds ?? 0), Number(ready ?? seconds ?? 0)),
			),
		detail: { title: ({ id }) => `run ${id}` },
	},
];
