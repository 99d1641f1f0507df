import { z } from 'zod';
import { formed, VALUE, wants } from './fields.ts';

/** Slack's ids of a user and of a user group. */
const USER_OR_GROUP = /^([UW]|S)[A-Z0-9]+$/;

/** A channel by name (letters of any script, none in upper case, and of ASCII only a-z, 0-9, - and _) or by id. */
const CHANNEL = /^(#[^\s -,./:-^`{-~]{1,80}|[CG][A-Z0-9]+)$/;

/** A Slack user (`U…`, `W…`) or user group (`S…`). */
export function slackId() {
  return z.string({ error: wants('a Slack id') }).regex(USER_OR_GROUP, {
    error: `must be a Slack id, not ${VALUE}: a user's begins with U or W (their profile, ⋮, Copy member ID), a group's with S (People, User groups, the group, ⋮, Copy group ID)`,
  });
}

/** Everyone in the channel who is active, everyone, a user or a user group. */
const MENTION = /^(here|channel|[UWS][A-Z0-9]+)$/;

/** Whom a message calls: `here`, `channel`, or the id of a Slack user or user group. */
export function mention() {
  return formed(MENTION, 'must be `here`, `channel`, or the id of a Slack user (U…, W…) or user group (S…)');
}

/** A Slack channel. */
export function channel() {
  return z
    .string({
      error: ({ input }) =>
        input === null
          ? 'is empty: write the channel in quotes, "#incidents", for # begins a comment'
          : wants('a channel')({ input }),
    })
    .regex(CHANNEL, {
      error: `must be a channel by name, such as "#incidents" in lower case, or by its id (C…), not ${VALUE}`,
    });
}
