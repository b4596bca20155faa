import { sanitise } from '../lib/text.ts';
import { type Pipeline, tokenColumns } from './pipelines.ts';
import type { Query } from './session.ts';
import type { Shape, Zone } from './shape.ts';
import { sqlFile } from './sql-file.ts';

type TableFacts = {
	readonly columns: Readonly<Record<string, string>>;
	readonly canWrite: boolean;
	readonly canInsert: boolean;
	readonly canUpdate: boolean;
};
type FunctionFacts = {
	readonly canExecute: boolean;
	/** Runs with its owner's rights. */
	readonly isDefiner: boolean;
	readonly source: string;
};

/** What of a pipeline is here, and what this role may do with it. */
export type Facts = {
	readonly role: string;
	readonly database: string;
	readonly majorVersion: number;
	readonly isStandby: boolean;
	/** The role's transactions are read-only unless it says otherwise. */
	readonly isReadOnly: boolean;
	/** Changes when the table is another, or was emptied or rewritten. */
	readonly identity: string;
	readonly canResolve: boolean;
	readonly tables: Readonly<Record<string, TableFacts>>;
	/** By `name(types)`. */
	readonly functions: Readonly<Record<string, FunctionFacts>>;
};

/** The functions of a pipeline as `regprocedure` writes them. */
export const signaturesOf = (pipeline: Pipeline) => ({
	window: `${pipeline.windowFunction}(timestamptz,timestamptz)`,
	tick: `${pipeline.tickFunction}()`,
	prune: `${pipeline.pruneFunction}(interval)`,
});

const rawTables = ['task_usage', 'agent_task_queue', 'agent', 'issue', 'agent_runtime'];

/** What {@link readFacts} asks. */
export const factsQuestion = (pipeline: Pipeline) => ({
	sql: sqlFile('facts'),
	values: [
		[pipeline.table, pipeline.state, pipeline.dirty, ...rawTables],
		Object.values(signaturesOf(pipeline)),
		pipeline.table,
	] as const,
});

/** Asks the catalogs; changes nothing and reads no data. */
export async function readFacts(query: Query, pipeline: Pipeline): Promise<Facts> {
	const { sql, values } = factsQuestion(pipeline);
	const rows = await query<{ facts: Facts }>(sql, values);
	const { facts } = rows[0] as { facts: Facts };
	return { ...facts, role: sanitise(facts.role), database: sanitise(facts.database) };
}

/** Whether the pipeline is here at all: its table, its state, its queue and its window function. */
export const isPresent = (facts: Facts, pipeline: Pipeline): boolean =>
	[pipeline.table, pipeline.state, pipeline.dirty].every((name) => facts.tables[name]) &&
	facts.functions[signaturesOf(pipeline).window] !== undefined;

/** Whether the pipeline is the one of sql/migrations. */
export const isOwn = (facts: Facts, pipeline: Pipeline): boolean =>
	facts.canResolve && facts.tables[pipeline.dirty]?.columns.cause !== undefined;

/** How this pipeline's SQL has to be written here. */
export const shapeOf = (facts: Facts, pipeline: Pipeline): Shape => ({
	pipeline,
	zone: zoneOf(facts, pipeline),
	hasUpdatedAt: facts.tables.task_usage?.columns.updated_at !== undefined,
	hasLinks: isOwn(facts, pipeline),
});

/** A cast of the bare column to a day, which is one of the session's time zone. */
const bareDay = /\bdate\s*\(\s*(\w+\.)?created_at\s*\)|created_at\s*::\s*date\b/i;

/**
 * Whose days the buckets are. Only the source of the window function tells the daily pipelines apart;
 * hourly buckets are UTC, and so are the dashboard's unless it says a bare day.
 */
function zoneOf(facts: Facts, pipeline: Pipeline): Zone {
	if (pipeline.bucket === 'bucket_hour') return { kind: 'utc' };
	if (facts.tables[pipeline.state]?.columns.time_zone !== undefined) return { kind: 'state' };
	const { source } = facts.functions[signaturesOf(pipeline).window] ?? { source: '' };
	const hasRuntimeZone = facts.tables.agent_runtime?.columns.timezone !== undefined;
	if (pipeline.name === 'daily' && hasRuntimeZone && /\.timezone\b/i.test(source)) {
		return { kind: 'runtime' };
	}
	const isSession = pipeline.name === 'daily' ? !/'utc'/i.test(source) : bareDay.test(source);
	return { kind: isSession ? 'session' : 'utc' };
}

/** The oldest daily pipeline added to its buckets: any window over old usage would count it twice. */
export const isAdditive = (facts: Facts, pipeline: Pipeline): boolean =>
	/\+\s*excluded\./i.test(facts.functions[signaturesOf(pipeline).window]?.source ?? '');

/** Whether the tick throws old invalidations away unread; ours does what they ask for first. */
export const doesTickPrune = (facts: Facts, pipeline: Pipeline): boolean =>
	!isOwn(facts, pipeline) &&
	(facts.functions[signaturesOf(pipeline).tick]?.source ?? '').includes(pipeline.pruneFunction);

/** Whether the prune function forgets; ours consumes. */
export const doesPruneForget = (facts: Facts, pipeline: Pipeline): boolean =>
	!isOwn(facts, pipeline);

const knownTypes: Readonly<Record<string, string>> = {
	bucket_hour: 'timestamp with time zone',
	bucket_date: 'date',
	workspace_id: 'uuid',
	runtime_id: 'uuid',
	agent_id: 'uuid',
	project_id: 'uuid',
	provider: 'text',
	model: 'text',
	updated_at: 'timestamp with time zone',
	task_count: 'bigint',
	event_count: 'bigint',
	...Object.fromEntries(tokenColumns.map((name) => [name, 'bigint'])),
};

/** Why tidemark's own statement must not write this table; undefined: it has exactly what is known. */
export function whyNotDirect(facts: Facts, pipeline: Pipeline): string | undefined {
	const { columns = {} } = facts.tables[pipeline.table] ?? {};
	const wanted = [pipeline.bucket, ...pipeline.keys, ...pipeline.measures, 'updated_at'];
	const strange = Object.keys(columns).filter((name) => !wanted.includes(name));
	if (strange.length > 0) {
		return `${pipeline.table} has columns that tidemark doesn't know: ${strange.map((name) => sanitise(name)).join(', ')}`;
	}
	const missing = wanted.filter((name) => columns[name] === undefined);
	if (missing.length > 0) return `${pipeline.table} lacks ${missing.join(', ')}`;
	// A count may be narrower in old versions; the statement's own cast would be another's overflow.
	const other = wanted.filter((name) => columns[name] !== knownTypes[name]);
	if (other.length === 0) return undefined;
	return `${pipeline.table} has another type of ${other.map((name) => `${name} (${columns[name]})`).join(', ')}`;
}
