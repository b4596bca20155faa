import type { Client } from 'pg';

/**
 * Runs `load` while the tables have neither indexes nor keys, and makes them again: sorting once costs
 * a fraction of filling an index of random keys row by row. Foreign keys that lean on them are among them.
 */
export async function withoutIndexes(
	client: Client,
	tables: readonly string[],
	load: () => Promise<unknown>,
): Promise<void> {
	const { rows } = await client.query<{ gone: string; again: string }>(made, [tables]);
	for (const { gone } of rows) await client.query(gone);
	await load();
	for (const { again } of rows.reverse()) await client.query(again);
}

/** Foreign keys first, then the indexes; made again in the opposite order. */
const made = `
	select gone, again
	from (
		select case contype when 'f' then 1 else 2 end as place,
			format('alter table %s drop constraint %I', conrelid::regclass, conname) as gone,
			format('alter table %s add constraint %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid)) as again
		from pg_constraint
		where contype in ('p', 'u') and conrelid = any ($1::regclass[])
			or contype = 'f' and confrelid = any ($1::regclass[])
		union all
		select 3, format('drop index %s', indexrelid::regclass), pg_get_indexdef(indexrelid)
		from pg_index
		where indrelid = any ($1::regclass[])
			and not exists (select from pg_constraint where conindid = indexrelid and contype in ('p', 'u'))
	) t
	order by place`;
