/**
 * The responses of providers, written by hand from the documentation that the file of each provider names, as it or a copy
 * of it was read on 2026-11-29. They were read, not tried: no provider was asked. `/HOST/PATH` is a path of
 * `https://HOST`.
 */
export interface DocumentedResponses {
  /** The authorization endpoint. */
  readonly authorization: string
  readonly token: { readonly path: string; readonly body: object }
  /** The claims of the ID token, besides those that every ID token has. */
  readonly claims?: object
  readonly others: Readonly<Record<string, object>>
}

const metadata = (issuer: string, more: Record<string, string>) => ({
  issuer,
  id_token_signing_alg_values_supported: ['RS256'],
  subject_types_supported: ['public'],
  response_types_supported: ['code'],
  ...more,
})

/** The metadata of Apple, and a token response. Its ID token has no name, and `email_verified` may be a text. */
export const appleResponses: DocumentedResponses = {
  authorization: 'https://appleid.apple.com/auth/authorize',
  token: {
    path: '/appleid.apple.com/auth/token',
    body: {
      access_token: 'a0996b16cfb674c0eb0d29194c880455b.0.nsww',
      token_type: 'Bearer',
      expires_in: 3600,
      refresh_token: 'c8f1f7d5a2f04f0e8f2d',
    },
  },
  claims: {
    sub: '001473.fe6f83bf4b8e4590aacbabdcb8598bd0.2039',
    email: 'ada@privaterelay.appleid.com',
    email_verified: 'true',
    is_private_email: 'true',
    nonce_supported: true,
    real_user_status: 2,
  },
  others: {
    '/appleid.apple.com/.well-known/openid-configuration': metadata('https://appleid.apple.com', {
      authorization_endpoint: 'https://appleid.apple.com/auth/authorize',
      token_endpoint: 'https://appleid.apple.com/auth/token',
      jwks_uri: 'https://appleid.apple.com/auth/keys',
    }),
  },
}

export const discordResponses: DocumentedResponses = {
  authorization: 'https://discord.com/oauth2/authorize',
  token: {
    path: '/discord.com/api/oauth2/token',
    body: {
      access_token: '6qrZcUqja7812RVdnEKjpzOL4CvHBFG',
      token_type: 'Bearer',
      expires_in: 604800,
      refresh_token: 'D43f5y0ahjqew82jZ4NViEr2YafMKhue',
      scope: 'identify email',
    },
  },
  others: {
    '/discord.com/api/v10/users/@me': {
      id: '80351110224678912',
      username: 'nelly',
      discriminator: '0',
      global_name: 'Nelly',
      avatar: '8342729096ea3675442027381ff50dfe',
      verified: true,
      email: 'nelly@example.com',
      flags: 64,
    },
  },
}

export const facebookResponses: DocumentedResponses = {
  authorization: 'https://www.facebook.com/v21.0/dialog/oauth',
  token: {
    path: '/graph.facebook.com/v21.0/oauth/access_token',
    body: { access_token: 'EAAC', token_type: 'bearer', expires_in: 5183944 },
  },
  others: {
    '/graph.facebook.com/v21.0/me': {
      id: '10158000000000001',
      name: 'Ada Lovelace',
      email: 'ada@example.com',
      picture: {
        data: { height: 50, is_silhouette: false, url: 'https://a.example/50.jpg', width: 50 },
      },
    },
  },
}

/** The ID token has the address, and only UserInfo the name. */
export const gitlabResponses: DocumentedResponses = {
  authorization: 'https://gitlab.com/oauth/authorize',
  token: {
    path: '/gitlab.com/oauth/token',
    body: {
      access_token: 'de6780bc506a0446309bd9362820ba8aed28aa506c71eedbe1c5c4f9dd350e54',
      token_type: 'Bearer',
      expires_in: 7200,
      refresh_token: '8257e65c97202ed1726cf9571600918f3bffb2544b26e00a61df9897668c33a1',
      scope: 'openid profile email',
      created_at: 1607635748,
    },
  },
  claims: { sub: '42', sub_legacy: '9f0c', email: 'ada@example.com', email_verified: true },
  others: {
    '/gitlab.com/.well-known/openid-configuration': metadata('https://gitlab.com', {
      authorization_endpoint: 'https://gitlab.com/oauth/authorize',
      token_endpoint: 'https://gitlab.com/oauth/token',
      userinfo_endpoint: 'https://gitlab.com/oauth/userinfo',
      jwks_uri: 'https://gitlab.com/oauth/discovery/keys',
    }),
    '/gitlab.com/oauth/userinfo': {
      sub: '42',
      name: 'Ada Lovelace',
      nickname: 'ada',
      preferred_username: 'ada',
      email: 'ada@example.com',
      email_verified: true,
      profile: 'https://gitlab.com/ada',
      picture: 'https://gitlab.com/uploads/ada.png',
      groups: [],
    },
  },
}

/** The token response has an ID token without a nonce, which is ignored. */
export const linkedinResponses: DocumentedResponses = {
  authorization: 'https://www.linkedin.com/oauth/v2/authorization',
  token: {
    path: '/www.linkedin.com/oauth/v2/accessToken',
    body: {
      access_token: 'AQXNnd2kXITHELmWblJigbHEuoFdfRhOwGA0QNnumBI8X',
      token_type: 'Bearer',
      expires_in: 5184000,
      scope: 'email,openid,profile',
      id_token: 'a.b.c',
    },
  },
  others: {
    '/api.linkedin.com/v2/userinfo': {
      sub: '782bbtaQ',
      name: 'Ada Lovelace',
      given_name: 'Ada',
      family_name: 'Lovelace',
      picture: 'https://media.licdn-ei.com/dms/image/ada/',
      locale: { country: 'US', language: 'en' },
      email: 'ada@example.com',
      email_verified: true,
    },
  },
}

export const notionResponses: DocumentedResponses = {
  authorization: 'https://api.notion.com/v1/oauth/authorize',
  token: {
    path: '/api.notion.com/v1/oauth/token',
    body: {
      access_token: 'e202e8c9-0990-40af-855f-ff8f872b1ec6c',
      token_type: 'bearer',
      bot_id: 'b3414d65-1224-5ab7-6ffa-cc9d8773d123',
      workspace_id: 'j565j4d7-3882-61bs-564a-c9d9d61fa36c',
      workspace_name: 'Ada’s Notion',
      owner: { workspace: true },
    },
  },
  others: {
    '/api.notion.com/v1/users/me': {
      object: 'user',
      id: '16d84278-ab0e-484c-9bdd-b35da3bd8905',
      name: 'the application',
      avatar_url: null,
      type: 'bot',
      bot: {
        owner: {
          type: 'user',
          user: {
            object: 'user',
            id: '5389a034-eb5c-47b5-8a9e-f79c99ef166c',
            name: 'Ada Lovelace',
            avatar_url: null,
            type: 'person',
            person: { email: 'ada@example.com' },
          },
        },
      },
    },
  },
}

export const slackResponses: DocumentedResponses = {
  authorization: 'https://slack.com/openid/connect/authorize',
  token: {
    path: '/slack.com/api/openid.connect.token',
    body: { ok: true, access_token: 'xoxp-1234', token_type: 'Bearer' },
  },
  claims: {
    sub: 'U0R7MFMJM',
    'https://slack.com/user_id': 'U0R7MFMJM',
    'https://slack.com/team_id': 'T0R7GR7NW',
    email: 'ada@example.com',
    email_verified: true,
    date_email_verified: 1622128723,
    name: 'Ada Lovelace',
    picture: 'https://secure.gravatar.com/ada.jpg',
    given_name: 'Ada',
    family_name: 'Lovelace',
    locale: 'en-US',
    'https://slack.com/team_name': 'Kraneflannel',
  },
  others: {
    '/slack.com/.well-known/openid-configuration': metadata('https://slack.com', {
      authorization_endpoint: 'https://slack.com/openid/connect/authorize',
      token_endpoint: 'https://slack.com/api/openid.connect.token',
      userinfo_endpoint: 'https://slack.com/api/openid.connect.userInfo',
      jwks_uri: 'https://slack.com/openid/connect/keys',
    }),
  },
}

export const spotifyResponses: DocumentedResponses = {
  authorization: 'https://accounts.spotify.com/authorize',
  token: {
    path: '/accounts.spotify.com/api/token',
    body: {
      access_token: 'NgCXRKMzYjw',
      token_type: 'Bearer',
      scope: 'user-read-email',
      expires_in: 3600,
      refresh_token: 'NgAagAUmSHo',
    },
  },
  others: {
    '/api.spotify.com/v1/me': {
      display_name: 'Ada Lovelace',
      email: 'ada@example.com',
      id: 'smedjan',
      images: [{ url: 'https://i.scdn.co/image/ada', height: 300, width: 300 }],
      type: 'user',
      uri: 'spotify:user:smedjan',
    },
  },
}

/** `scope` is an array, and the ID token has what the parameter `claims` asks for. */
export const twitchResponses: DocumentedResponses = {
  authorization: 'https://id.twitch.tv/oauth2/authorize',
  token: {
    path: '/id.twitch.tv/oauth2/token',
    body: {
      access_token: 'rfx2uswqe8l4g1mkagrvg5tv0ks3',
      expires_in: 14124,
      refresh_token: '5b93chm6hdve3mycz05zfzatkfdenfspp1h1ar2xxdalen01',
      scope: ['openid', 'user:read:email'],
      token_type: 'bearer',
    },
  },
  claims: {
    sub: '713936733',
    azp: 'torii',
    email: 'ada@example.com',
    email_verified: true,
    picture: 'https://static-cdn.jtvnw.net/ada.png',
    preferred_username: 'AdaLive',
  },
  others: {
    '/id.twitch.tv/oauth2/.well-known/openid-configuration': metadata(
      'https://id.twitch.tv/oauth2',
      {
        authorization_endpoint: 'https://id.twitch.tv/oauth2/authorize',
        token_endpoint: 'https://id.twitch.tv/oauth2/token',
        userinfo_endpoint: 'https://id.twitch.tv/oauth2/userinfo',
        jwks_uri: 'https://id.twitch.tv/oauth2/keys',
      },
    ),
  },
}

export const xResponses: DocumentedResponses = {
  authorization: 'https://x.com/i/oauth2/authorize',
  token: {
    path: '/api.x.com/2/oauth2/token',
    body: {
      token_type: 'bearer',
      expires_in: 7200,
      access_token: 'bWRWa3gzdnk3WHRGU1o0bmRRcTJ5VUxWX1lZTDdJSUtmaWcxbTVxdEFXcW5t',
      scope: 'users.read tweet.read users.email',
    },
  },
  others: {
    '/api.x.com/2/users/me': {
      data: {
        id: '2244994945',
        name: 'Ada Lovelace',
        username: 'ada',
        profile_image_url: 'https://pbs.twimg.com/profile_images/ada_normal.jpg',
        confirmed_email: 'ada@example.com',
      },
    },
  },
}
