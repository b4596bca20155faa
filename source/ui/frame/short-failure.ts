/**
 * What is wrong with a connection without where that is, for a place that has said so already: what is cut off
 * at the end must not be the news. Any other sentence stays as it is.
 */
export const shortFailure = (sentence: string): string =>
	sentence
		.replace(/^\S+@\S+ (?=has not answered )/, '')
		.replace(/ \(database [^,)]*, user [^,;)]*(?:; )?([^)]*)\)/, (_, detail: string) =>
			detail === '' ? '' : ` (${detail})`,
		);
