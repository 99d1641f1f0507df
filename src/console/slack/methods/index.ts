import { authTest } from './authTest.ts';
import { chatDelete } from './chatDelete.ts';
import { chatGetPermalink } from './chatGetPermalink.ts';
import { chatPostEphemeral } from './chatPostEphemeral.ts';
import { chatPostMessage } from './chatPostMessage.ts';
import { chatUpdate } from './chatUpdate.ts';
import { conversationsHistory } from './conversationsHistory.ts';
import { conversationsInfo } from './conversationsInfo.ts';
import { conversationsJoin } from './conversationsJoin.ts';
import { conversationsList } from './conversationsList.ts';
import { conversationsReplies } from './conversationsReplies.ts';
import { filesCompleteUploadExternal } from './filesCompleteUploadExternal.ts';
import { filesGetUploadURLExternal } from './filesGetUploadURLExternal.ts';
import type { Method } from './method.ts';
import { pinsAdd } from './pinsAdd.ts';
import { reactionsAdd } from './reactionsAdd.ts';
import { usergroupsList } from './usergroupsList.ts';
import { usergroupsUsersList } from './usergroupsUsersList.ts';
import { usersInfo } from './usersInfo.ts';
import { usersList } from './usersList.ts';
import { viewsOpen } from './viewsOpen.ts';
import { viewsPublish } from './viewsPublish.ts';
import { viewsPush } from './viewsPush.ts';
import { viewsUpdate } from './viewsUpdate.ts';

/** The Web API methods there are, by name; any other is `unknown_method`. */
export const METHODS: ReadonlyMap<string, Method> = new Map(
  [
    authTest,
    chatDelete,
    chatGetPermalink,
    chatPostEphemeral,
    chatPostMessage,
    chatUpdate,
    conversationsHistory,
    conversationsInfo,
    conversationsJoin,
    conversationsList,
    conversationsReplies,
    filesCompleteUploadExternal,
    filesGetUploadURLExternal,
    pinsAdd,
    reactionsAdd,
    usergroupsList,
    usergroupsUsersList,
    usersInfo,
    usersList,
    viewsOpen,
    viewsPublish,
    viewsPush,
    viewsUpdate,
  ].map((method) => [method.name, method]),
);
