import type { Row } from '../../../sampling/reading.ts';
import type { FaultCheck } from '../check.ts';
import { evidenceRows, identifier, textIn } from '../evidence.ts';
import { clue, type Finding } from '../finding.ts';
import { listed, pipelines } from './pipelines.ts';
import { enqueueStep } from './steps.ts';

/** The triggers that tell a pipeline of deletes and moves are disabled or not there. */
export const triggersOff: FaultCheck = {
	fault: 'triggers-off',
	title: 'Triggers missing or disabled',
	symptom: 'Deleted or moved work is still counted; totals of a project are wrong after a move.',
	cause:
		'Deletes, cascades and moves show in no timestamp: triggers put the buckets they touch into the dirty queue. Somebody disabled them (for a bulk load, say) and did not enable them again, or a restore left them out.',
	shows: "pg_trigger on task_usage, agent_task_queue and issue: absent, or tgenabled = 'D'.",
	fix: 'Enable or recreate them, then have the buckets since then recomputed: no tick looks for them by itself.',
	demo: 'triggers-disabled',
	asks: ['rollup/triggers'],
	find(input) {
		const rows = evidenceRows(input, 'rollup/triggers') ?? [];
		const off = rows.filter((row) => row.enabled === 'D' || row.enabled === 'R');
		return [
			...(off.length > 0 ? [disabled(off)] : []),
			...missing(rows.filter((row) => row.enabled !== null)),
			...none(rows),
		];
	},
};

const nameOf = (row: Row, column: string): string => textIn(row, column) ?? '';

const unique = (rows: readonly Row[], column: string): readonly string[] => [
	...new Set(rows.map((row) => nameOf(row, column))),
];

function disabled(off: readonly Row[]): Finding {
	const tables = unique(off, 'table_name');
	const triggers = [
		...new Set(off.map((row) => `${nameOf(row, 'trigger_name')} on ${nameOf(row, 'table_name')}`)),
	];
	const affected = unique(off, 'pipeline');
	return {
		fault: 'triggers-off',
		subject: '',
		severity: 'critical',
		confidence: 'certain',
		sentence: `${triggers.length === 1 ? 'a trigger is' : `${triggers.length} triggers are`} disabled on ${listed(tables)}: deleted and moved work is still counted in ${listed(affected)}`,
		clues: [
			...triggers.slice(0, 5).flatMap((trigger) => clue('disabled', trigger)),
			...clue('and', triggers.length > 5 ? `${triggers.length - 5} more` : undefined),
		],
		since: undefined,
		explains: affected.map((subject) => ({ fault: 'wrong-numbers', subject }) as const),
		next: [
			{
				say: 'Enable them again.',
				sql: off
					.map(
						(row) =>
							`alter table ${identifier(nameOf(row, 'table_name'))} enable trigger ${identifier(nameOf(row, 'trigger_name'))};`,
					)
					.filter((each, at, all) => all.indexOf(each) === at)
					.join(' '),
			},
			...pipelines
				.filter(({ name }) => affected.includes(name))
				.map((pipeline) => enqueueStep(pipeline, 30)),
		],
	};
}

/** A queue that no trigger fills at all. */
const none = (rows: readonly Row[]): readonly Finding[] => {
	const bare = rows.filter((row) => row.has_queue === true && row.trigger_name === null);
	const names = unique(bare, 'pipeline');
	if (names.length === 0) return [];
	return [missingFinding(names, 'no trigger fills their dirty queues', 'certain')];
};

/** What each pipeline must hear of: the table and the kind of change. */
const needed = [
	{ table: 'task_usage', change: 'on_delete', words: 'deleted usage' },
	{ table: 'agent_task_queue', change: 'on_update', words: 'moved tasks' },
	{ table: 'issue', change: 'on_update', words: 'issues moved to another project' },
] as const;

function missing(rows: readonly Row[]): readonly Finding[] {
	return pipelines.flatMap((pipeline) => {
		const own = rows.filter((row) => row.pipeline === pipeline.name && row.trigger_name !== null);
		if (own.length === 0) return [];
		const unheard = needed.filter(({ table, change }) => {
			const isKeyed = table !== 'issue' || 'project_id' in pipeline.keys;
			return isKeyed && !own.some((row) => row.table_name === table && row[change] === true);
		});
		if (unheard.length === 0) return [];
		const words = listed(unheard.map((each) => each.words));
		return [missingFinding([pipeline.name], `no trigger tells it of ${words}`, 'likely')];
	});
}

function missingFinding(
	names: readonly string[],
	what: string,
	confidence: Finding['confidence'],
): Finding {
	return {
		fault: 'triggers-off',
		subject: listed(names),
		severity: 'critical',
		confidence,
		sentence: `${listed(names)} cannot know of deleted and moved work: ${what}`,
		clues: clue('found in pg_trigger', 'nothing that leads to the dirty queue'),
		since: undefined,
		explains: names.map((subject) => ({ fault: 'wrong-numbers', subject }) as const),
		next: [
			{
				say: "Run the migrations of the product again, or those of tidemark where the pipelines are tidemark's.",
			},
			...pipelines
				.filter(({ name }) => names.includes(name))
				.map((pipeline) => enqueueStep(pipeline, 30)),
		],
	};
}
