import type { PipelineData } from '../../../sampling/panel-data.ts';
import { rollupsOf } from '../../../sampling/panels.ts';
import type { DiagnosisInput } from '../check.ts';

/** The names of one pipeline in a database, as real instances have them. */
export type Pipeline = {
	readonly name: 'hourly' | 'daily' | 'dashboard';
	readonly table: string;
	/** Column of the bucket, and the raw time as such a bucket. */
	readonly bucket: string;
	readonly bucketOfUsage: string;
	/** The rest of the bucket's key, with where it comes from. */
	readonly keys: Readonly<Record<string, string>>;
	readonly state: string;
	readonly dirty: string;
	readonly windowFunction: string;
	readonly tickFunction: string;
	/** Key of the advisory lock. */
	readonly lock: number;
	/** The most a tick moves the watermark, in seconds. */
	readonly stepSeconds?: number;
};

/** The three pipelines. */
export const pipelines: readonly Pipeline[] = [
	{
		name: 'hourly',
		table: 'task_usage_hourly',
		bucket: 'bucket_hour',
		bucketOfUsage: `date_trunc('hour', u.created_at, 'UTC')`,
		keys: {
			workspace_id: 'a.workspace_id',
			runtime_id: 't.runtime_id',
			agent_id: 't.agent_id',
			project_id: 'i.project_id',
			provider: 'u.provider',
			model: 'u.model',
		},
		state: 'task_usage_hourly_rollup_state',
		dirty: 'task_usage_hourly_dirty',
		windowFunction: 'rollup_task_usage_hourly_window',
		tickFunction: 'rollup_task_usage_hourly',
		lock: 4246,
		stepSeconds: 86_400,
	},
	{
		name: 'daily',
		table: 'task_usage_daily',
		bucket: 'bucket_date',
		bucketOfUsage: 'u.created_at::date',
		keys: {
			workspace_id: 'a.workspace_id',
			runtime_id: 't.runtime_id',
			provider: 'u.provider',
			model: 'u.model',
		},
		state: 'task_usage_rollup_state',
		dirty: 'task_usage_daily_dirty',
		windowFunction: 'rollup_task_usage_daily_window',
		tickFunction: 'rollup_task_usage_daily',
		lock: 4242,
	},
	{
		name: 'dashboard',
		table: 'task_usage_dashboard_daily',
		bucket: 'bucket_date',
		bucketOfUsage: `(u.created_at at time zone 'UTC')::date`,
		keys: {
			workspace_id: 'a.workspace_id',
			agent_id: 't.agent_id',
			project_id: 'i.project_id',
			model: 'u.model',
		},
		state: 'task_usage_dashboard_rollup_state',
		dirty: 'task_usage_dashboard_dirty',
		windowFunction: 'rollup_task_usage_dashboard_daily_window',
		tickFunction: 'rollup_task_usage_dashboard_daily',
		lock: 4244,
	},
];

/** A pipeline that this database has, with what the samplers know of it. */
export type PipelineHere = Pipeline & { readonly data: PipelineData };

/** The pipelines of this database. */
export function pipelinesHere({ snapshot }: DiagnosisInput): readonly PipelineHere[] {
	const { isPresent, data } = rollupsOf(snapshot);
	if (!isPresent) return [];
	return data.flatMap((each) => {
		const pipeline = pipelines.find(({ name }) => name === each.pipeline);
		return pipeline ? [{ ...pipeline, data: each }] : [];
	});
}

/** `hourly`, `hourly and daily`, `hourly, daily and dashboard`. */
export function listed(names: readonly string[]): string {
	const last = names.at(-1) ?? '';
	return names.length < 2 ? last : `${names.slice(0, -1).join(', ')} and ${last}`;
}

/** What newer usage than the watermark there is, in seconds; undefined while unknown or without usage. */
export const behindSeconds = ({ data }: PipelineHere): number | undefined =>
	typeof data.dataLagSeconds === 'number' ? data.dataLagSeconds : undefined;
