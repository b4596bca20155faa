declare module 'asciichart' {
	/** As far as this program uses it; the package brings no types. */
	export function plot(
		series: readonly number[],
		options: {
			readonly min: number;
			readonly max: number;
			readonly height: number;
			/** Columns of the axis; the label takes the first. */
			readonly offset: number;
			/** @param row 0 is the uppermost */
			format(value: number, row: number): string;
		},
	): string;
}
