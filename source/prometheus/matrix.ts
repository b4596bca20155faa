import * as v from 'valibot';
import type { RangeSeries } from './ask-range.ts';

/** An answer of another shape than asked for; the message says what it does instead. */
export class NotAMatrix extends Error {
	override readonly name = 'NotAMatrix';
}

const shape = v.object({
	status: v.literal('success'),
	data: v.object({
		resultType: v.literal('matrix'),
		result: v.array(
			v.object({
				metric: v.record(v.string(), v.string()),
				values: v.array(v.tuple([v.number(), v.string()])),
			}),
		),
	}),
});

/** As many series of one metric are added up; no panel is fed by more. */
const mostSeries = 2000;
const mostValues = 200_000;

/** The series of a range query's answer; what is no number in it is left out. @throws NotAMatrix */
export function matrixOf(value: unknown): readonly RangeSeries[] {
	const parsed = v.safeParse(shape, value);
	if (!parsed.success) throw new NotAMatrix('answers with something else than samples over time');
	const { result } = parsed.output.data;
	const count = result.reduce((sum, { values }) => sum + values.length, 0);
	if (result.length > mostSeries || count > mostValues) {
		throw new NotAMatrix(`answers with ${result.length} series: choose with --prometheus-match`);
	}
	return result.map(({ metric, values }) => ({
		labels: metric,
		values: values
			.map(([seconds, text]) => [seconds * 1000, Number(text)] as const)
			.filter(([at, number]) => Number.isFinite(at) && Number.isFinite(number)),
	}));
}
