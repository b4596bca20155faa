import { useSyncExternalStore } from 'react';
import { type DiagnosisState, useConsole } from '../console-context.ts';

/** The latest diagnosis; renders again when gathering begins and when there is a newer one. */
export function useDiagnosis(): DiagnosisState {
	const { diagnosis } = useConsole();
	return useSyncExternalStore(
		(listener) => diagnosis.subscribe(listener),
		() => diagnosis.state(),
	);
}
