import type { Thresholds } from '../../health/thresholds.ts';
import type { Verdict } from '../../health/verdict.ts';
import {
	formatAge,
	formatCount,
	formatDateTime,
	formatPlural,
	formatTime,
} from '../../lib/format.ts';
import type { LockHolder, PanelState, PipelineData } from '../../sampling/panel-data.ts';
import { rollupsOf } from '../../sampling/panels.ts';
import { isInDatabase } from '../../sampling/reading.ts';
import type { Snapshot } from '../../sampling/snapshot.ts';
import { markAfter, severityOf, unknownMark } from '../draw/mark.ts';
import { clipLine, type Line, line, type Piece, span } from '../draw/span.ts';
import { tableLines } from '../draw/table.ts';
import { definePanel, type PanelInput, ranked } from './panel.ts';
import { alarming, known } from './parts.ts';
import { lastSnapshot, type Series } from './series.ts';

type Pipelines = readonly PipelineData[];

const selected = lastSnapshot(rollupsOf);

/** The rollups' state, as far as the samplers with one of these endings feed it. */
export const pipelinesBy = (endings: RegExp) =>
	lastSnapshot((snapshot: Snapshot): PanelState<Pipelines> => {
		const state = selected(snapshot);
		const readings = state.readings.filter(([id]) => endings.test(id));
		const isPresent =
			readings.length === 0 || readings.some(([, reading]) => isInDatabase(reading));
		return { ...state, readings, isPresent: state.isPresent && isPresent };
	});

const stateOf = pipelinesBy(/-(state|lock|runs)$/);

const worstLag: Series = {
	title: 'data behind',
	metric: { name: 'tidemark_rollup_data_lag_seconds', combine: 'max' },
	read: (snapshot) => {
		const lags = selected(snapshot).data.map((each) => each.dataLagSeconds);
		const numbers = lags.filter((lag) => typeof lag === 'number');
		return numbers.length === 0 ? undefined : Math.max(...numbers);
	},
	format: formatAge,
};

/** How far the derived tables are behind the raw usage, and who is in the way. */
export const rollupsPanel = definePanel<Pipelines>({
	number: 3,
	id: 'rollups',
	title: 'Rollups',
	series: worstLag,
	stateOf,
	lines(input, width) {
		const [titles, ...rows] = pipelineTable(input, width);
		return [
			{ line: titles ?? [], rank: 4 },
			...ranked(rows, 0, 0.1),
			...ranked(
				input.data.flatMap((each) => remarks(each, input.verdicts, width)),
				2,
			),
			...ranked(
				input.data.flatMap((each) => {
					const text = proofText(each);
					return text === undefined ? [] : [clipLine([span(text, 'muted')], width)];
				}),
				6,
			),
		];
	},
});

function pipelineTable({ data, verdicts, frame }: PanelInput<Pipelines>, width: number) {
	const isProving = data.some(({ proof }) => proof !== undefined);
	const columns = [
		{ title: 'rollup' },
		{ title: 'data' },
		{ title: 'last run', rank: 1 },
		{ title: 'rows', isNumber: true, rank: 3 },
		{ title: 'up to', rank: 2 },
		...(isProving ? [{ title: 'proven', rank: 1.5 }] : []),
	];
	const rows = data.map((each) => [
		each.pipeline,
		dataCell(each, verdicts, frame.environment.thresholds),
		runCell(each, verdicts),
		known(each.lastRows, (count) => (count === null ? span('–', 'muted') : formatCount(count))),
		watermarkCell(each, verdicts, frame.report.snapshot.at),
		...(isProving ? [proofCell(each, verdicts)] : []),
	]);
	return tableLines(columns, rows, width);
}

/** Lag is how far the newest usage is ahead of the watermark; at rest it is five to ten minutes. */
function dataCell(
	{ pipeline, dataLagSeconds, watermarkAt }: PipelineData,
	verdicts: readonly Verdict[],
	thresholds: Thresholds,
): Piece {
	const severity = severityOf(verdicts, 'rollup-data-lag', pipeline);
	const isExcused = verdicts.some(
		(each) => each.signal === 'rollup-data-lag' && each.subject === pipeline && each.isExcused,
	);
	if (watermarkAt === 0 && dataLagSeconds !== null) {
		return line(alarming('never rolled up', severity), markAfter(severity));
	}
	if (dataLagSeconds === undefined) return unknownMark;
	if (dataLagSeconds === null) return span('no usage yet', 'muted');
	const warnAt = thresholds['rollup-data-lag'].warn?.at ?? 0;
	const isWell = severity === undefined || isExcused ? dataLagSeconds < warnAt : severity === 'ok';
	const text = isWell ? 'up to date' : `${formatAge(dataLagSeconds)} behind`;
	return line(alarming(text, severity), markAfter(severity));
}

function runCell({ pipeline, runAgeSeconds }: PipelineData, verdicts: readonly Verdict[]): Piece {
	const severity = severityOf(verdicts, 'rollup-run-age', pipeline);
	const isBad = severity !== undefined && severity !== 'ok';
	return known(runAgeSeconds, (age) =>
		line(
			alarming(age === null ? 'never ran' : `ran ${formatAge(age)} ago`, severity),
			isBad ? markAfter(severity) : undefined,
		),
	);
}

function watermarkCell(
	{ pipeline, watermarkAt }: PipelineData,
	verdicts: readonly Verdict[],
	now: number,
): Piece {
	if (watermarkAt === undefined) return unknownMark;
	if (watermarkAt === 0) return span('the epoch', 'muted');
	if (watermarkAt > now) {
		const severity = severityOf(verdicts, 'rollup-watermark-ahead', pipeline);
		const text = `${formatDateTime(watermarkAt)}, ahead of the clock`;
		return line(alarming(text, severity), markAfter(severity));
	}
	const isToday = formatDateTime(watermarkAt).slice(0, 10) === formatDateTime(now).slice(0, 10);
	return isToday ? formatTime(watermarkAt) : formatDateTime(watermarkAt).slice(0, 16);
}

/** How far back nothing differs from raw. */
function proofCell({ pipeline, proof }: PipelineData, verdicts: readonly Verdict[]): Piece {
	if (proof === undefined) return unknownMark;
	const wrong = proof.drift + proof.ghosts;
	const severities = (['verify-wrong', 'verify-still-wrong'] as const).map((signal) =>
		severityOf(verdicts, signal, pipeline),
	);
	if (wrong > 0) return line(`${formatCount(wrong)} wrong`, markAfter(...severities));
	if (proof.fromMs === undefined) return span('not yet', 'muted');
	const since = formatDateTime(proof.fromMs).slice(0, 10);
	return proof.isWhole ? line(`all, ${since}`, markAfter('ok')) : `since ${since}`;
}

/** How far back all is proven, and what is not. */
function proofText({ pipeline, proof }: PipelineData): string | undefined {
	if (proof === undefined) return undefined;
	const { fromMs, isWhole, drift, ghosts, halt } = proof;
	const isWrong = drift + ghosts > 0;
	const parts = [
		...(isWrong ? [`${formatCount(drift)} drifted, ${formatPlural(ghosts, 'ghost')}`] : []),
		fromMs === undefined
			? 'nothing is proven yet'
			: `proven since ${formatDateTime(fromMs).slice(0, 16)}${isWhole && !isWrong ? ', all there is' : ''}`,
		...(halt === undefined ? [] : [halt]),
	];
	return `${pipeline}: ${parts.join('; ')}`;
}

/** What stands in a pipeline's way, in words. */
function remarks(
	{ pipeline, lock, lastError, stalledRuns, failedRuns }: PipelineData,
	verdicts: readonly Verdict[],
	width: number,
): readonly Line[] {
	const found: Line[] = [];
	if (lock) {
		const severities = (
			['rollup-lock-idle', 'rollup-lock-active', 'rollup-lock-waiter'] as const
		).map((signal) => severityOf(verdicts, signal, pipeline));
		found.push(line(`${pipeline} lock: ${holderText(lock)}`, markAfter(...severities)));
	}
	const failed = severityOf(verdicts, 'rollup-failed-runs', pipeline);
	if (failed === 'warn' || failed === 'critical') {
		const text = `${pipeline}: ${formatPlural(failedRuns ?? 0, 'tick')} in a row failed`;
		found.push(line(alarming(text, failed), markAfter(failed)));
	}
	const stalled = severityOf(verdicts, 'rollup-stalled-runs', pipeline);
	if (stalled === 'warn' || stalled === 'critical') {
		const text = `${pipeline}: ${formatPlural(stalledRuns ?? 0, 'tick')} in a row moved nothing`;
		found.push(line(alarming(text, stalled), markAfter(stalled)));
	}
	if (lastError) {
		found.push(line(span(`${pipeline} error: `, 'critical'), lastError));
	}
	return found.map((each) => clipLine(each, width));
}

function holderText({
	pid,
	application,
	state,
	stateSeconds,
	waiters,
	longestWaitSeconds,
}: LockHolder): string {
	const name = application === '' ? '' : ` ${application}`;
	const since = stateSeconds === undefined ? '' : ` ${formatAge(stateSeconds)}`;
	const doing = state === undefined ? '' : `, ${state}${since}`;
	const wait = typeof longestWaitSeconds === 'number' ? ` ${formatAge(longestWaitSeconds)}` : '';
	return `pid ${pid}${name}${doing}${waiters > 0 ? `, ${waiters} waiting${wait}` : ''}`;
}
