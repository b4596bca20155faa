import { beforeAllTime, bucketText, keysOf, list, type Shape, same } from './shape.ts';
import { bucketParameter, usageOfRange } from './usage-sql.ts';

/**
 * Puts a sample of the buckets between $1 and $2 into the queue before everything else: evenly spread,
 * some from raw and some from the rollup, so that ghosts are among them.
 * @param size about how many of each
 */
export function enqueueSample(shape: Shape, size: number): string {
	const { table, dirty, bucket, keys } = shape.pipeline;
	const all = keysOf(shape);
	const [from, to] = [bucketParameter(shape, 1), bucketParameter(shape, 2)];
	const rolled = [`${bucket} as bucket`, ...keys].join(', ');
	return `with spread as (
		select distinct on (floor(n / greatest(total / ${size}.0, 1))) ${list(all)}
		from (
			select *, row_number() over (order by ${list(all)}) - 1 as n, count(*) over () as total
			from (
				select distinct ${list(all)} from (${usageOfRange(shape, from, to)}) usage
			) raw
		) numbered
		order by floor(n / greatest(total / ${size}.0, 1)), n
	),
	rolled as (
		select distinct on (floor(n / greatest(total / ${size}.0, 1))) ${list(all)}
		from (
			select ${rolled}, row_number() over (order by ${bucket}, ${list(keys)}) - 1 as n, count(*) over () as total
			from ${table} where ${bucket} >= ${from} and ${bucket} < ${to}
		) numbered
		order by floor(n / greatest(total / ${size}.0, 1)), n
	),
	sample as (select * from spread union select * from rolled),
	brought_forward as (
		update ${dirty} d set enqueued_at = '${beforeAllTime.from}'
		from sample s where d.${bucket} = s.bucket and ${same(keys, 'd', 's')}
	)
	insert into ${dirty} (${bucket}, ${list(keys)}, enqueued_at)
	select ${list(all, 's')}, '${beforeAllTime.from}' from sample s
	where not exists (
		select from ${dirty} d where d.${bucket} = s.bucket and ${same(keys, 'd', 's')}
	)
	on conflict do nothing`;
}

const sampled = (shape: Shape): string => {
	const { dirty, bucket, keys } = shape.pipeline;
	return `select distinct ${bucket} as bucket, ${list(keys)} from ${dirty} where enqueued_at < '${beforeAllTime.to}'`;
};

/**
 * Makes the sampled buckets wrong in every way there is, so that an engine that does nothing agrees
 * with nobody: a third is removed, a third changed, the rest as it is.
 */
export function spoilSample(shape: Shape): string {
	const { table, bucket, keys, measures } = shape.pipeline;
	return `with sample as (${sampled(shape)}),
	numbered as (
		select r.ctid as row_id, row_number() over (order by s.bucket, ${list(keys, 's')}) % 3 as turn
		from sample s join ${table} r on r.${bucket} = s.bucket and ${same(keys, 'r', 's')}
	),
	removed as (
		delete from ${table} r using numbered n where n.turn = 0 and r.ctid = n.row_id
	)
	update ${table} r set ${measures.map((name) => `${name} = ${name} + 1`).join(', ')}
	from numbered n where n.turn = 1 and r.ctid = n.row_id`;
}

/** Keeps the sample's keys where they outlive the queue rows, for as long as the transaction does. */
export const rememberSample = (shape: Shape): string =>
	`select coalesce(json_agg(s), '[]') as sample from (${sampled(shape)}) s`;

/** The rolled up rows of a remembered sample ($1, JSON), all values as text, in a fixed order. */
export function sampleRows(shape: Shape): string {
	const { table, bucket, keys, measures } = shape.pipeline;
	const types = [bucket, ...keys].map((name) =>
		name === bucket
			? `bucket ${bucket === 'bucket_hour' ? 'timestamptz' : 'date'}`
			: `${name} ${name === 'provider' || name === 'model' ? 'text' : 'uuid'}`,
	);
	return `select ${bucketText(shape, 's.bucket')} as bucket,
		${keys.map((name) => `s.${name}::text as ${name}`).join(', ')},
		${measures.map((name) => `r.${name}::text as ${name}`).join(', ')}
	from json_to_recordset($1::json) as s (${types.join(', ')})
	left join ${table} r on r.${bucket} = s.bucket and ${same(keys, 'r', 's')}
	order by s.bucket, ${list(keys, 's')}`;
}
