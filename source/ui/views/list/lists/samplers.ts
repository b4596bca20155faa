import type { Severity } from '../../../../health/verdict.ts';
import { answerTo } from '../../../../sampling/question.ts';
import { type Reading, type Row, rowsOf } from '../../../../sampling/reading.ts';
import { clipLine, line, span } from '../../../draw/span.ts';
import { wrapWords } from '../../../draw/wrap.ts';
import { type FrameInput, serverNow } from '../../../panels/frame-input.ts';
import { failureText, pendingText } from '../../asked.ts';
import { rowLines } from '../../detail/fields.ts';
import type { ListColumn, ListDefinition } from '../list-definition.ts';

const columns: readonly ListColumn[] = [
	{ field: 'state', title: '', format: 'severity' },
	{ field: 'id', title: 'sampler', format: 'text' },
	{ field: 'kind', title: 'state', format: 'text' },
	{ field: 'age_seconds', title: 'age', format: 'age' },
	{ field: 'server_ms', title: 'server', format: 'ms' },
	{
		field: 'rows',
		title: 'rows',
		format: 'count',
		draw: ({ rows, max_rows: most }) =>
			rows === null || most === null ? undefined : `${rows} of ${most}`,
	},
	{ field: 'timeouts', title: 'timeouts', format: 'count', rank: 1 },
	{ field: 'failures', title: 'failed', format: 'count', rank: 1 },
	{ field: 'runs', title: 'runs', format: 'count', rank: 2 },
	{ field: 'reason', title: 'why', format: 'text', rank: 3, leastWidth: 12 },
];

const severities: { readonly [Kind in Reading['kind']]: Severity } = {
	ok: 'ok',
	empty: 'ok',
	pending: 'unknown',
	stale: 'warn',
	failed: 'critical',
	unavailable: 'ok',
};

/** `plan/` and a sampler's id is the question for its plan. */
const planOf = (row: Row) => ({ query: `plan/${row.id}`, everyMs: 60_000 });

function rows(frame: FrameInput): readonly Row[] {
	const { readings, advice } = frame.report.snapshot;
	const now = serverNow(frame);
	return [...readings].map(([id, reading]): Row => {
		const facts = frame.environment.sampler(id);
		const reason =
			reading.kind === 'unavailable'
				? reading.reason
				: 'failure' in reading
					? reading.failure.sentence
					: advice.get(id);
		return {
			id,
			state: severities[reading.kind],
			kind: reading.kind,
			age_seconds: 'at' in reading ? (now - reading.at) / 1000 : null,
			server_ms: 'cost' in reading ? reading.cost.serverMs : null,
			rows: rowsOf(reading)?.length ?? null,
			max_rows: facts?.maxRows ?? null,
			runs: facts?.runs ?? null,
			failures: facts?.failures ?? null,
			timeouts: facts?.timeouts ?? null,
			reason: reason ?? null,
		};
	});
}

/** Every query that the panels are made of, and what it costs. */
export const samplerList: ListDefinition = {
	id: 'samplers',
	title: 'samplers',
	group: 'Samplers',
	questions: () => [],
	rows,
	columns,
	key: ['id'],
	copies: 'id',
	severityOf: ({ state }) => state as Severity,
	detail: {
		title: ({ id }) => `sampler ${id}`,
		questions: (row) => [planOf(row)],
		blocks: (row, frame, width) => [
			rowLines(row, columns.slice(1), frame, width),
			headerLines(row, frame, width),
			planLines(row, frame, width),
		],
	},
};

function headerLines(row: Row, { environment }: FrameInput, width: number) {
	const facts = environment.sampler(String(row.id));
	if (facts === undefined) return [];
	return [
		line(span(facts.title, 'title'), span(`  limit ${facts.timeoutMs} ms, ${facts.file}`, 'muted')),
		...wrapWords(facts.why, width).map((text) => line(text)),
	].map((each) => clipLine(each, width));
}

/** What the server would do, without doing it; of the past nobody can ask. */
function planLines(row: Row, frame: FrameInput, width: number) {
	const { answers = new Map(), past } = frame;
	if (past !== undefined) return [];
	const reading = answerTo(answers, planOf(row));
	const told = (text: string) => wrapWords(text, width).map((each) => line(span(each, 'muted')));
	const title = line(span('plan', 'title'), span('  EXPLAIN; it isn’t run for this', 'muted'));
	if (reading.kind === 'pending') return [title, ...told(pendingText(frame))];
	if (reading.kind === 'unavailable') return [title, ...told(reading.reason)];
	if (reading.kind === 'failed') return [title, ...told(failureText(reading.failure, frame))];
	return [
		title,
		...(rowsOf(reading) ?? []).map((each) => clipLine([span(String(each['QUERY PLAN']))], width)),
	];
}
