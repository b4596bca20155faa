import type { Pipeline } from './pipelines.ts';

/** Whose midnight begins a daily bucket. */
export type Zone =
	/** UTC. */
	| { readonly kind: 'utc' }
	/** The time zone of the session, which is the database's: the older daily pipelines. */
	| { readonly kind: 'session' }
	/** The runtime's own: newer daily pipelines. */
	| { readonly kind: 'runtime' }
	/** One that the state table names: our own daily pipeline. */
	| { readonly kind: 'state' };

/** All that decides how the SQL of a pipeline is written. */
export type Shape = {
	readonly pipeline: Pipeline;
	readonly zone: Zone;
	/** False in old databases, where usage has only `created_at`. */
	readonly hasUpdatedAt: boolean;
	/** Rows of the queue may name a link that ended, as ours do, and its reader works out the buckets. */
	readonly hasLinks: boolean;
};

/** Stands in for NULL where two projects are compared, so that the planner can hash and merge. */
export const nil = `'00000000-0000-0000-0000-000000000000'`;

/** Before every moment that anything was enqueued at, and just after: a window of nothing but our keys. */
export const beforeAllTime = {
	from: '0001-01-01 00:00:00+00',
	to: '0001-01-01 00:00:01+00',
} as const;

/** The bucket's time and its other keys, as the statements here call them. */
export const keysOf = ({ pipeline }: Shape): readonly string[] => ['bucket', ...pipeline.keys];

/** `a.bucket, a.workspace_id, …`. */
export const list = (names: readonly string[], alias?: string): string =>
	names.map((name) => (alias === undefined ? name : `${alias}.${name}`)).join(', ');

/** Whether two rows have the same values in these columns; a missing project equals a missing one. */
export const same = (names: readonly string[], left: string, right: string): string =>
	names
		.map((name) =>
			name === 'project_id'
				? `coalesce(${left}.${name}, ${nil}) = coalesce(${right}.${name}, ${nil})`
				: `${left}.${name} = ${right}.${name}`,
		)
		.join(' and ');

/** When a usage row last changed: what windows go by. */
export const eventAt = ({ hasUpdatedAt }: Shape, alias = 'u'): string =>
	hasUpdatedAt ? `coalesce(${alias}.updated_at, ${alias}.created_at)` : `${alias}.created_at`;

/** The type of the bucket's time. */
export const bucketType = ({ pipeline }: Shape): string =>
	pipeline.bucket === 'bucket_hour' ? 'timestamptz' : 'date';

/** A bucket's time as text that no setting of a session changes. */
export const bucketText = ({ pipeline }: Shape, expression: string): string =>
	pipeline.bucket === 'bucket_hour'
		? `to_char(${expression} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI"Z"')`
		: `to_char(${expression}, 'YYYY-MM-DD')`;

/** The name of the day that a bucket belongs to. */
export const dayText = ({ pipeline }: Shape, expression: string): string =>
	pipeline.bucket === 'bucket_hour'
		? `to_char(${expression} at time zone 'UTC', 'YYYY-MM-DD')`
		: `to_char(${expression}, 'YYYY-MM-DD')`;
