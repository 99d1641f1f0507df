export type {
  CauseId,
  RankedCause,
  SuggestedRemedy,
  SuggestedTarget,
  Verdict,
} from '../incident/verdict.ts';
