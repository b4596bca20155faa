import type { Client } from 'pg';
import {
	type Pipeline,
	type PipelineName,
	pipelineNames,
	pipelines,
} from '../../source/actions/pipelines.ts';
import { migrate } from '../../source/migrate/migrate.ts';

// Stands in for the product's own pipelines, written from what the contract says of them: no
// function of ours, one queue row a key, a tick that leaves the lock behind when it is cancelled, a
// prune that forgets, and a window that reads a runtime's whole history for every dirty key.

/** The last migration of the queue; those after it are our pipelines. */
const lastQueueMigration = 5;

/** Which of the field's habits the stand-in has. */
export type FieldOptions = {
	readonly names?: readonly PipelineName[];
	/** The daily pipeline's days are those of `agent_runtime.timezone`, as in its newer versions. */
	readonly hasRuntimeZone?: boolean;
};

/** Gives an empty database the queue and the product's pipelines. */
export async function createField(
	client: Client,
	url: string,
	{ names = pipelineNames, hasRuntimeZone = false }: FieldOptions = {},
): Promise<void> {
	await migrate({ connection: url, direction: 'up', to: lastQueueMigration });
	if (hasRuntimeZone) {
		await client.query(`alter table agent_runtime add column timezone text not null default 'UTC'`);
	}
	await client.query(hourBucket);
	for (const name of names) {
		const field = { ...pipelines[name], ...rawOf(name, hasRuntimeZone) };
		for (const sql of [tables, window, tick, lag]) await client.query(sql(field));
		if (name === 'hourly') for (const sql of [prune, triggers]) await client.query(sql(field));
	}
}

type Raw = { readonly bucketOf: string; readonly join: string; readonly isRuntimeNeeded: boolean };
type Field = Pipeline & Raw;

const columnOf: Readonly<Record<string, string>> = {
	workspace_id: 'a.workspace_id',
	runtime_id: 't.runtime_id',
	agent_id: 't.agent_id',
	project_id: 'i.project_id',
	provider: 'u.provider',
	model: 'u.model',
};

function rawOf(name: PipelineName, hasRuntimeZone: boolean): Raw {
	if (name === 'hourly') {
		return { bucketOf: 'task_usage_hour_bucket(u.created_at)', join: '', isRuntimeNeeded: true };
	}
	if (name === 'daily' && hasRuntimeZone) {
		return {
			bucketOf: '(u.created_at at time zone r.timezone)::date',
			join: 'join agent_runtime r on r.id = t.runtime_id',
			isRuntimeNeeded: true,
		};
	}
	return {
		bucketOf: name === 'daily' ? 'u.created_at::date' : `(u.created_at at time zone 'UTC')::date`,
		join: '',
		isRuntimeNeeded: name === 'daily',
	};
}

const hourBucket = `
create function task_usage_hour_bucket(at timestamptz) returns timestamptz
language sql immutable as $$
	select date_trunc('hour', at at time zone 'UTC') at time zone 'UTC'
$$`;

const types: Readonly<Record<string, string>> = {
	bucket_hour: 'timestamptz',
	bucket_date: 'date',
	provider: 'text',
	model: 'text',
};

const keyDefinitions = ({ bucket, keys }: Pipeline) =>
	[bucket, ...keys]
		.map((key) => `${key} ${types[key] ?? 'uuid'} ${key === 'project_id' ? '' : 'not null'}`)
		.join(', ');

const keyList = ({ bucket, keys }: Pipeline) => [bucket, ...keys].join(', ');

const tables = (field: Field) => `
create table ${field.table} (
	${keyDefinitions(field)},
	${field.measures.map((each) => `${each} bigint not null default 0`).join(', ')},
	updated_at timestamptz not null default now(),
	constraint uq_${field.table} unique nulls not distinct (${keyList(field)})
);
create table ${field.state} (
	id smallint primary key default 1 check (id = 1),
	watermark_at timestamptz not null default 'epoch',
	last_run_started_at timestamptz,
	last_run_finished_at timestamptz,
	last_run_rows bigint not null default 0,
	last_error text
);
insert into ${field.state} default values;
create table ${field.dirty} (
	${keyDefinitions(field)},
	enqueued_at timestamptz not null default now(),
	constraint uq_${field.dirty} unique nulls not distinct (${keyList(field)})
);
create index on ${field.dirty} (enqueued_at)`;

const same = (field: Field, left: string, right: string) =>
	[field.bucket, ...field.keys]
		.map((key) => `${left}.${key} is not distinct from ${right}.${key}`)
		.join(' and ');

/** Every dirty key reads all that its runtime (or agent) ever used: what makes a month take minutes. */
const window = (field: Field) => `
create function ${field.windowFunction}(from_at timestamptz, to_at timestamptz) returns bigint
language plpgsql as $$
declare
	touched bigint;
begin
	if from_at >= to_at then
		return 0;
	end if;
	with dirty as materialized (
		select ${field.bucketOf} as ${field.bucket},
			${field.keys.map((key) => `${columnOf[key]} as ${key}`).join(', ')}
		from task_usage u
		join agent_task_queue t on t.id = u.task_id
		join agent a on a.id = t.agent_id
		${field.join}
		left join issue i on i.id = t.issue_id
		where ${field.isRuntimeNeeded ? 't.runtime_id is not null and' : ''}
			(u.updated_at >= from_at and u.updated_at < to_at
			or u.updated_at is null and u.created_at >= from_at and u.created_at < to_at)
		union
		select ${keyList(field)} from ${field.dirty} where enqueued_at < to_at
	),
	fresh as materialized (
		select ${[field.bucket, ...field.keys].map((key) => `d.${key}`).join(', ')},
			sum(u.input_tokens)::bigint as input_tokens,
			sum(u.output_tokens)::bigint as output_tokens,
			sum(u.cache_read_tokens)::bigint as cache_read_tokens,
			sum(u.cache_write_tokens)::bigint as cache_write_tokens,
			count(*) as event_count,
			count(distinct u.task_id) as task_count
		from dirty d
		cross join lateral (
			select * from agent_task_queue t
			where ${field.keys.includes('runtime_id') ? 't.runtime_id = d.runtime_id' : 't.agent_id = d.agent_id'}
			offset 0
		) t
		${field.join}
		join agent a on a.id = t.agent_id and a.workspace_id = d.workspace_id
		left join issue i on i.id = t.issue_id
		cross join lateral (
			select * from task_usage u where u.task_id = t.id and u.model = d.model offset 0
		) u
		where ${field.bucketOf} = d.${field.bucket}
			${field.keys.includes('provider') ? 'and u.provider = d.provider' : ''}
			${field.keys.includes('agent_id') ? 'and t.agent_id = d.agent_id' : ''}
			${field.keys.includes('project_id') ? 'and i.project_id is not distinct from d.project_id' : ''}
		group by ${[field.bucket, ...field.keys].map((key) => `d.${key}`).join(', ')}
	),
	put as (
		insert into ${field.table} as r (${keyList(field)}, ${field.measures.join(', ')})
		select ${keyList(field)}, ${field.measures.join(', ')} from fresh
		on conflict on constraint uq_${field.table} do update set
			${field.measures.map((each) => `${each} = excluded.${each}`).join(', ')}, updated_at = now()
		returning 1
	),
	gone as (
		delete from ${field.table} r using dirty d
		where ${same(field, 'r', 'd')} and not exists (select from fresh f where ${same(field, 'f', 'd')})
		returning 1
	)
	select (select count(*) from put) + (select count(*) from gone) into touched;
	delete from ${field.dirty} where enqueued_at < to_at;
	return touched;
end
$$`;

const step = ({ tickStepMs }: Field) =>
	tickStepMs === undefined
		? `now() - interval '5 minutes'`
		: `least(now() - interval '5 minutes', from_at + interval '1 day')`;

/** The lock is the session's, and only errors give it back: cancelling a tick leaks it. */
const tick = (field: Field) => `
create function ${field.tickFunction}() returns bigint
language plpgsql as $$
declare
	from_at timestamptz;
	to_at timestamptz;
	touched bigint := 0;
begin
	if not pg_try_advisory_lock(${field.lockKey}) then
		return 0;
	end if;
	begin
		update ${field.state} set last_run_started_at = now(), last_error = null
		where id = 1 returning watermark_at into from_at;
		to_at := ${step(field)};
		if from_at < to_at then
			touched := ${field.windowFunction}(from_at, to_at);
			update ${field.state} set watermark_at = to_at where id = 1;
		end if;
		update ${field.state} set last_run_finished_at = now(), last_run_rows = touched where id = 1;
		perform pg_advisory_unlock(${field.lockKey});
	exception when others then
		update ${field.state} set last_error = sqlerrm, last_run_finished_at = now() where id = 1;
		perform pg_advisory_unlock(${field.lockKey});
		raise;
	end;
	${field.name === 'hourly' ? `perform ${field.pruneFunction}();` : ''}
	return touched;
end
$$`;

const lag = (field: Field) => `
create function ${field.state.replace('_state', '_lag_seconds')}() returns double precision
language sql stable as $$
	select extract(epoch from now() - last_run_finished_at)::float8 from ${field.state} where id = 1
$$`;

const prune = (field: Field) => `
create function ${field.pruneFunction}(retention interval default '7 days') returns bigint
language plpgsql as $$
declare
	gone bigint;
begin
	delete from ${field.dirty} where enqueued_at < now() - retention;
	get diagnostics gone = row_count;
	return gone;
end
$$`;

const enqueue = (from: string) => `
	insert into task_usage_hourly_dirty as d (bucket_hour, workspace_id, runtime_id, agent_id, project_id, provider, model)
	${from}
	on conflict on constraint uq_task_usage_hourly_dirty
	do update set enqueued_at = greatest(d.enqueued_at, excluded.enqueued_at);`;

const ofTask = (row: string) => `
	select distinct task_usage_hour_bucket(u.created_at), a.workspace_id, ${row}.runtime_id,
		${row}.agent_id, i.project_id, u.provider, u.model
	from task_usage u
	join agent a on a.id = ${row}.agent_id
	left join issue i on i.id = ${row}.issue_id
	where u.task_id = ${row}.id and ${row}.runtime_id is not null`;

const ofIssue = (row: string) => `
	select distinct task_usage_hour_bucket(u.created_at), a.workspace_id, t.runtime_id,
		t.agent_id, ${row}.project_id, u.provider, u.model
	from agent_task_queue t
	join task_usage u on u.task_id = t.id
	join agent a on a.id = t.agent_id
	where t.issue_id = ${row}.id and t.runtime_id is not null`;

const triggers = () => `
create function field_task_changed() returns trigger language plpgsql as $$
begin
	if tg_op = 'DELETE' then
		${enqueue(ofTask('old'))}
		return old;
	end if;
	if (old.runtime_id, old.issue_id, old.agent_id) is distinct from (new.runtime_id, new.issue_id, new.agent_id) then
		${enqueue(ofTask('old'))}
		${enqueue(ofTask('new'))}
	end if;
	return new;
end $$;
create trigger field_task_changed before update or delete on agent_task_queue
for each row execute function field_task_changed();
create function field_issue_changed() returns trigger language plpgsql as $$
begin
	${enqueue(ofIssue('old'))}
	if tg_op = 'DELETE' then
		return old;
	end if;
	${enqueue(ofIssue('new'))}
	return new;
end $$;
create trigger field_issue_changed before update of project_id or delete on issue
for each row execute function field_issue_changed();
create function field_usage_deleted() returns trigger language plpgsql as $$
begin
	${enqueue(`
	select task_usage_hour_bucket(old.created_at), a.workspace_id, t.runtime_id, t.agent_id,
		i.project_id, old.provider, old.model
	from agent_task_queue t
	join agent a on a.id = t.agent_id
	left join issue i on i.id = t.issue_id
	where t.id = old.task_id and t.runtime_id is not null`)}
	return old;
end $$;
create trigger field_usage_deleted before delete on task_usage
for each row execute function field_usage_deleted()`;
