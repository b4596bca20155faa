import { defaultThresholds } from '../../health/thresholds.ts';
import type { Verdict } from '../../health/verdict.ts';
import { formatAge, formatCount, formatDateTime, formatTime } from '../../lib/format.ts';
import type { LockHolder, PanelState, PipelineData } from '../../sampling/panel-data.ts';
import { rollupsOf } from '../../sampling/panels.ts';
import { isInDatabase } from '../../sampling/reading.ts';
import type { Snapshot } from '../../sampling/snapshot.ts';
import { markAfter, severityOf, unknownMark } from '../draw/mark.ts';
import { clipLine, type Line, line, type Piece, span } from '../draw/span.ts';
import { tableLines } from '../draw/table.ts';
import { definePanel, type PanelInput, ranked } from './panel.ts';
import { alarming, known } from './parts.ts';
import { lastSnapshot, perSnapshot, type Series } from './series.ts';

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

const stateOf = pipelinesBy(/-(state|lock)$/);

const worstLag: Series = {
	title: 'data behind',
	read: perSnapshot((snapshot) => {
		const lags = rollupsOf(snapshot).data.map((each) => each.dataLagSeconds);
		const numbers = lags.filter((lag) => typeof lag === 'number');
		return numbers.length === 0 ? undefined : Math.max(...numbers);
	}),
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
		];
	},
});

function pipelineTable({ data, verdicts, frame }: PanelInput<Pipelines>, width: number) {
	const columns = [
		{ title: 'rollup' },
		{ title: 'data' },
		{ title: 'last run', rank: 1 },
		{ title: 'rows', isNumber: true, rank: 3 },
		{ title: 'up to', rank: 2 },
	];
	const rows = data.map((each) => [
		each.pipeline,
		dataCell(each, verdicts),
		runCell(each, verdicts),
		known(each.lastRows, (count) => (count === null ? span('–', 'muted') : formatCount(count))),
		watermarkCell(each, frame.report.snapshot.at),
	]);
	return tableLines(columns, rows, width);
}

/** Lag is how far the newest usage is ahead of the watermark; at rest it is five to ten minutes. */
function dataCell(
	{ pipeline, dataLagSeconds, watermarkAt }: PipelineData,
	verdicts: readonly Verdict[],
): Piece {
	const severity = severityOf(verdicts, 'rollup-data-lag', pipeline);
	if (watermarkAt === 0 && dataLagSeconds !== null) {
		return line(alarming('never rolled up', severity), markAfter(severity));
	}
	if (dataLagSeconds === undefined) return unknownMark;
	if (dataLagSeconds === null) return span('no usage yet', 'muted');
	const warnAt = defaultThresholds['rollup-data-lag'].warn?.at ?? 0;
	const isWell = severity === undefined ? dataLagSeconds < warnAt : severity === 'ok';
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

function watermarkCell({ watermarkAt }: PipelineData, now: number): Piece {
	if (watermarkAt === undefined) return unknownMark;
	if (watermarkAt === 0) return span('the epoch', 'muted');
	if (watermarkAt > now) return span(`${formatDateTime(watermarkAt)}, ahead of the clock`, 'warn');
	const isToday = formatDateTime(watermarkAt).slice(0, 10) === formatDateTime(now).slice(0, 10);
	return isToday ? formatTime(watermarkAt) : formatDateTime(watermarkAt).slice(0, 16);
}

/** What stands in a pipeline's way, in words. */
function remarks(
	{ pipeline, lock, lastError }: PipelineData,
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
