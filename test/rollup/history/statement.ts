import { fc } from '../../support/properties.ts';
import { pipelines } from '../pipelines.ts';
import { nth, peopleSql, size } from '../world.ts';

const one = (what: keyof typeof size) =>
	fc.integer({ min: 1, max: size[what] }).map((n) => `'${nth[what as keyof typeof nth](n)}'`);
const maybe = (what: keyof typeof size) =>
	fc.oneof({ weight: 3, arbitrary: one(what) }, { weight: 1, arbitrary: fc.constant('null') });
const tokens = fc.integer({ min: 1, max: 999 });
// Nothing keeps an application from writing no name at all.
const provider = fc.constantFrom("'claude'", "''");
const model = fc.constantFrom("'a'", "'b'", "''");
/** Events lie in few hours of few days, some a month apart. */
const eventAt = fc
	.tuple(fc.constantFrom(0, 1, 26, 40 * 24), fc.integer({ min: 0, max: 59 }))
	.map(([hours, minutes]) => `now() - interval '${hours} hours ${minutes} minutes'`);
/** As applications write it, as old rows have it, as a restored or late row has it. */
const updatedAt = fc.oneof(
	{ weight: 5, arbitrary: fc.constant('default') },
	{ weight: 1, arbitrary: fc.constant('null') },
	{ weight: 1, arbitrary: fc.constant('clock_timestamp()') },
	{
		weight: 2,
		arbitrary: fc
			.constantFrom('1 hour', '2 seconds', '30 days')
			.map((age) => `now() - interval '${age}'`),
	},
);

const usage = fc.tuple(one('task'), provider, model, tokens, eventAt, updatedAt).map(
	([task, p, m, n, at, stamp]) =>
		`insert into task_usage (task_id, provider, model, input_tokens, output_tokens, created_at, updated_at)
		values (${task}, ${p}, ${m}, ${n}, 1, ${at}, ${stamp})
		on conflict (task_id, provider, model) do update set input_tokens = task_usage.input_tokens + excluded.input_tokens, updated_at = now()`,
);
const correction = fc
	.tuple(
		one('task'),
		tokens,
		fc.constantFrom(', updated_at = now()', ', updated_at = clock_timestamp()', ''),
	)
	.map(
		([task, n, stamp]) =>
			`update task_usage set output_tokens = ${n}${stamp} where task_id = ${task}`,
	);
const rekey = fc.oneof(
	fc
		.tuple(one('task'), eventAt)
		.map(([task, at]) => `update task_usage set created_at = ${at} where task_id = ${task}`),
	fc
		.tuple(one('task'), one('task'))
		.map(
			([from, to]) =>
				`update task_usage set task_id = ${to}, updated_at = now() where task_id = ${from} and model = 'a'`,
		),
	one('task').map(
		(task) => `update task_usage set model = 'c' where task_id = ${task} and model = 'b'`,
	),
);
const move = fc.oneof(
	fc
		.tuple(one('task'), maybe('runtime'))
		.map(([task, to]) => `update agent_task_queue set runtime_id = ${to} where id = ${task}`),
	fc
		.tuple(one('task'), maybe('issue'))
		.map(([task, to]) => `update agent_task_queue set issue_id = ${to} where id = ${task}`),
	fc
		.tuple(one('task'), one('agent'))
		.map(([task, to]) => `update agent_task_queue set agent_id = ${to} where id = ${task}`),
	fc
		.tuple(one('runtime'), one('runtime'))
		.map(
			([from, to]) => `update agent_task_queue set runtime_id = ${to} where runtime_id = ${from}`,
		),
	fc
		.tuple(one('issue'), maybe('project'))
		.map(([issue, to]) => `update issue set project_id = ${to} where id = ${issue}`),
	fc
		.tuple(one('agent'), one('workspace'))
		.map(([agent, to]) => `update agent set workspace_id = ${to} where id = ${agent}`),
	one('task').map((task) => `update agent_task_queue set status = 'completed' where id = ${task}`),
);
/** Of one task of one issue: whatever changes what its usage is counted under. */
export const oneTask = fc.constantFrom(
	...['claude', 'codex'].flatMap((p) =>
		['default', "now() - interval '1 hour'"].map(
			(stamp) =>
				`insert into task_usage (task_id, provider, model, input_tokens, created_at, updated_at)
			select id, '${p}', 'a', 1, now() - interval '3 hours', ${stamp} from agent_task_queue where id = '${nth.task(1)}'
			on conflict (task_id, provider, model) do update set input_tokens = task_usage.input_tokens + 1, updated_at = excluded.updated_at`,
		),
	),
	`delete from task_usage where task_id = '${nth.task(1)}'`,
	`delete from agent_task_queue where id = '${nth.task(1)}'`,
	`delete from issue where id = '${nth.issue(1)}'`,
	`insert into agent_task_queue (id, agent_id, runtime_id, issue_id) values ('${nth.task(1)}', '${nth.agent(1)}', '${nth.runtime(1)}', '${nth.issue(1)}') on conflict do nothing`,
	...[1, 2].flatMap((n) => [
		`update agent_task_queue set issue_id = '${nth.issue(n)}' where id = '${nth.task(1)}'`,
		`update agent_task_queue set runtime_id = '${nth.runtime(n)}' where id = '${nth.task(1)}'`,
		`update agent_task_queue set agent_id = '${nth.agent(n)}' where id = '${nth.task(1)}'`,
		`update issue set project_id = '${nth.project(n)}' where id = '${nth.issue(1)}'`,
		`update issue set project_id = '${nth.project(n)}' where id = '${nth.issue(2)}'`,
		`update agent set workspace_id = '${nth.workspace(n)}' where id = '${nth.agent(1)}'`,
	]),
);
const removal = fc.oneof(
	{
		weight: 3,
		arbitrary: one('task').map((task) => `delete from task_usage where task_id = ${task}`),
	},
	{
		weight: 2,
		arbitrary: one('task').map((task) => `delete from agent_task_queue where id = ${task}`),
	},
	{ weight: 2, arbitrary: one('issue').map((issue) => `delete from issue where id = ${issue}`) },
	one('agent').map((agent) => `delete from agent where id = ${agent}`),
	one('runtime').map((runtime) => `delete from agent_runtime where id = ${runtime}`),
	one('workspace').map((workspace) => `delete from workspace where id = ${workspace}`),
);
const creation = fc.oneof(
	fc.constant(peopleSql),
	fc
		.tuple(one('task'), one('agent'), maybe('runtime'), maybe('issue'))
		.map(
			([task, agent, runtime, issue]) =>
				`insert into agent_task_queue (id, agent_id, runtime_id, issue_id) values (${task}, ${agent}, ${runtime}, ${issue}) on conflict do nothing`,
		),
);

const which = fc.constantFrom(...pipelines);
const daysBack = fc.constantFrom(0, 1, 2, 41);
/** What whoever runs the pipelines does. */
export const upkeep = fc.oneof(
	{ weight: 6, arbitrary: which.map(({ tick }) => `select ${tick}()`) },
	{ weight: 2, arbitrary: which.map(({ tick }) => `call ${tick}_tick()`) },
	fc
		.tuple(which, daysBack, daysBack)
		.map(
			([{ window }, from, length]) =>
				`select ${window}(now() - interval '${from + length} days', now() - interval '${from} days')`,
		),
	fc.tuple(which, daysBack).map(([{ buckets, name }, from]) => {
		const type = name === 'hourly' ? 'timestamptz' : 'date';
		return `select ${buckets}((now() - interval '${from + 1} days')::${type}, (now() - interval '${from} days')::${type})`;
	}),
	which.map(({ prune }) => `select ${prune}('0 seconds')`),
	which.map(({ name }) => `call tidemark_backfill('${name}')`),
);

/** Anything that anybody does. */
export const statement = fc.oneof(
	{ weight: 6, arbitrary: usage },
	{ weight: 2, arbitrary: correction },
	{ weight: 1, arbitrary: rekey },
	{ weight: 6, arbitrary: move },
	{ weight: 4, arbitrary: removal },
	{ weight: 2, arbitrary: creation },
	{ weight: 3, arbitrary: upkeep },
);
