const levels = '▁▂▃▄▅▆▇█';

/** Bars from zero to the greatest value, one a cell; a blank where nothing is known. */
export function sparkline(values: readonly (number | undefined)[]): string {
	const top = Math.max(0, ...values.filter((value) => value !== undefined));
	return values
		.map((value) => {
			if (value === undefined) return ' ';
			const level = top > 0 ? Math.ceil((Math.max(0, value) / top) * levels.length) - 1 : 0;
			return levels[Math.max(0, Math.min(levels.length - 1, level))];
		})
		.join('');
}
