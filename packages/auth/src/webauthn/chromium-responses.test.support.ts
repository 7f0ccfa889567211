/**
 * Responses of Chromium 156.0.8078.108 with its virtual authenticators, on https://app.example with the RP id
 * `app.example`, recorded by e2e/record-passkeys.mjs on 2026-11-29. The private keys are lost.
 */
export interface RecordedPasskey {
  readonly name: string
  /** The origin of the page around the frame; null without a frame. */
  readonly topOrigin: string | null
  readonly userHandle: string
  readonly registration: RecordedCeremony
  readonly authentications: readonly RecordedCeremony[]
}

/** The challenge of the options and the JSON that the browser sent. */
interface RecordedCeremony {
  readonly challenge: string
  readonly response: {
    readonly id: string
    readonly rawId: string
    readonly type: string
    readonly authenticatorAttachment: string
    readonly clientExtensionResults: object
    readonly response: Readonly<Record<string, unknown>>
  }
}

export const chromiumResponses: readonly RecordedPasskey[] = [
  {
    name: 'synced passkey, ES256',
    topOrigin: null,
    userHandle:
      'L_uwp-TbmmDdhfAClEs8VsBUT6wdxcTcN3fkq0tFFPUshpcZN6KDNsxEdotSSa6HrkiBK-dzFvmzkFcfYhsdvg',
    registration: {
      challenge: 'B1tG2tYGjImntVQ8PGJWba4636ngTcCnaMQFIxp2rPE',
      response: {
        authenticatorAttachment: 'platform',
        clientExtensionResults: {},
        id: 'schjqjdcglIWBFTlus5Qqj85x_UCXFM3kuOTevMYD-Q',
        rawId: 'schjqjdcglIWBFTlus5Qqj85x_UCXFM3kuOTevMYD-Q',
        response: {
          attestationObject:
            'o2NmbXRkbm9uZWdhdHRTdG10oGhhdXRoRGF0YVikVtmCAS3hjt8Iz1fY2UtegalxmdPrFPI7fCt1xcdfVG1dAAAAAQECAwQFBgcIAQIDBAUGBwgAILHIY6o3XIJSFgRU5brOUKo_Ocf1AlxTN5Ljk3rzGA_kpQECAyYgASFYINbPGwA_LiBWDlCsFtjuwXFHDaBh4NyyexHleeXPZbvZIlggNRPNqRnb7Kb-m1PGY7Ns7iTOcGVhgCyIX0BhSB2CYsE',
          authenticatorData:
            'VtmCAS3hjt8Iz1fY2UtegalxmdPrFPI7fCt1xcdfVG1dAAAAAQECAwQFBgcIAQIDBAUGBwgAILHIY6o3XIJSFgRU5brOUKo_Ocf1AlxTN5Ljk3rzGA_kpQECAyYgASFYINbPGwA_LiBWDlCsFtjuwXFHDaBh4NyyexHleeXPZbvZIlggNRPNqRnb7Kb-m1PGY7Ns7iTOcGVhgCyIX0BhSB2CYsE',
          clientDataJSON:
            'eyJ0eXBlIjoid2ViYXV0aG4uY3JlYXRlIiwiY2hhbGxlbmdlIjoiQjF0RzJ0WUdqSW1udFZROFBHSldiYTQ2MzZuZ1RjQ25hTVFGSXhwMnJQRSIsIm9yaWdpbiI6Imh0dHBzOi8vYXBwLmV4YW1wbGUiLCJjcm9zc09yaWdpbiI6ZmFsc2V9',
          publicKey:
            'MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE1s8bAD8uIFYOUKwW2O7BcUcNoGHg3LJ7EeV55c9lu9k1E82pGdvspv6bU8Zjs2zuJM5wZWGALIhfQGFIHYJiwQ',
          publicKeyAlgorithm: -7,
          transports: ['internal'],
        },
        type: 'public-key',
      },
    },
    authentications: [
      {
        challenge: 'NrpaqbdUoh8a9QtSZlgWH9tQ5ccYSWwj3h-kv0vP_Ao',
        response: {
          authenticatorAttachment: 'platform',
          clientExtensionResults: {},
          id: 'schjqjdcglIWBFTlus5Qqj85x_UCXFM3kuOTevMYD-Q',
          rawId: 'schjqjdcglIWBFTlus5Qqj85x_UCXFM3kuOTevMYD-Q',
          response: {
            authenticatorData: 'VtmCAS3hjt8Iz1fY2UtegalxmdPrFPI7fCt1xcdfVG0dAAAAAg',
            clientDataJSON:
              'eyJ0eXBlIjoid2ViYXV0aG4uZ2V0IiwiY2hhbGxlbmdlIjoiTnJwYXFiZFVvaDhhOVF0U1psZ1dIOXRRNWNjWVNXd2ozaC1rdjB2UF9BbyIsIm9yaWdpbiI6Imh0dHBzOi8vYXBwLmV4YW1wbGUiLCJjcm9zc09yaWdpbiI6ZmFsc2V9',
            signature:
              'MEUCIEjhb7QH3y59AHQ-JvoFu81lN5faq_HNRQFT1s3ftNoeAiEAkjBOAKKsmC-ywHJMI24RNUrcDFbzj5k-IjinKWPTP3E',
            userHandle:
              'L_uwp-TbmmDdhfAClEs8VsBUT6wdxcTcN3fkq0tFFPUshpcZN6KDNsxEdotSSa6HrkiBK-dzFvmzkFcfYhsdvg',
          },
          type: 'public-key',
        },
      },
      {
        challenge: 'o_iXMDfTj3S0vtO-kBiZ4gm_gVuWnPEZUK3vbJ3kLnI',
        response: {
          authenticatorAttachment: 'platform',
          clientExtensionResults: {},
          id: 'schjqjdcglIWBFTlus5Qqj85x_UCXFM3kuOTevMYD-Q',
          rawId: 'schjqjdcglIWBFTlus5Qqj85x_UCXFM3kuOTevMYD-Q',
          response: {
            authenticatorData: 'VtmCAS3hjt8Iz1fY2UtegalxmdPrFPI7fCt1xcdfVG0dAAAAAw',
            clientDataJSON:
              'eyJ0eXBlIjoid2ViYXV0aG4uZ2V0IiwiY2hhbGxlbmdlIjoib19pWE1EZlRqM1MwdnRPLWtCaVo0Z21fZ1Z1V25QRVpVSzN2Ykoza0xuSSIsIm9yaWdpbiI6Imh0dHBzOi8vYXBwLmV4YW1wbGUiLCJjcm9zc09yaWdpbiI6ZmFsc2V9',
            signature:
              'MEUCIQDWvitGHQ1XfekXxhpiKLhVn1YwZD0Ymck2L_KjuWBTKwIgYf_44pOR-c1-mFrSJ7BahoQZtoKZ9tcmOCrH9IXatnI',
            userHandle:
              'L_uwp-TbmmDdhfAClEs8VsBUT6wdxcTcN3fkq0tFFPUshpcZN6KDNsxEdotSSa6HrkiBK-dzFvmzkFcfYhsdvg',
          },
          type: 'public-key',
        },
      },
    ],
  },
  {
    name: 'synced passkey, EdDSA',
    topOrigin: null,
    userHandle:
      'MTUeObcQF5U80Or0pRvK5ErFhS1ly74m4UB07qX-MQ5WeC2m-YbQTfOtDFua0sBdX3uG1BbU9han7ze9rLn_8A',
    registration: {
      challenge: 'w8-QIok6ox4va-bh5gVCSjdkH7FrRWfBFMLXWO06S4k',
      response: {
        authenticatorAttachment: 'platform',
        clientExtensionResults: {},
        id: '3Tu2KzUsLMBqh75UmuKbOykNnpBjGfU9bTI-KrYwqUE',
        rawId: '3Tu2KzUsLMBqh75UmuKbOykNnpBjGfU9bTI-KrYwqUE',
        response: {
          attestationObject:
            'o2NmbXRkbm9uZWdhdHRTdG10oGhhdXRoRGF0YViBVtmCAS3hjt8Iz1fY2UtegalxmdPrFPI7fCt1xcdfVG1dAAAAAQECAwQFBgcIAQIDBAUGBwgAIN07tis1LCzAaoe-VJrimzspDZ6QYxn1PW0yPiq2MKlBpAEBAycgBiFYIOp8KgBzHahG1NkGOOn2iZ1QnTGV4HNRddcGKOkYqPM0',
          authenticatorData:
            'VtmCAS3hjt8Iz1fY2UtegalxmdPrFPI7fCt1xcdfVG1dAAAAAQECAwQFBgcIAQIDBAUGBwgAIN07tis1LCzAaoe-VJrimzspDZ6QYxn1PW0yPiq2MKlBpAEBAycgBiFYIOp8KgBzHahG1NkGOOn2iZ1QnTGV4HNRddcGKOkYqPM0',
          clientDataJSON:
            'eyJ0eXBlIjoid2ViYXV0aG4uY3JlYXRlIiwiY2hhbGxlbmdlIjoidzgtUUlvazZveDR2YS1iaDVnVkNTamRrSDdGclJXZkJGTUxYV08wNlM0ayIsIm9yaWdpbiI6Imh0dHBzOi8vYXBwLmV4YW1wbGUiLCJjcm9zc09yaWdpbiI6ZmFsc2V9',
          publicKey: 'MCowBQYDK2VwAyEA6nwqAHMdqEbU2QY46faJnVCdMZXgc1F11wYo6Rio8zQ',
          publicKeyAlgorithm: -8,
          transports: ['internal'],
        },
        type: 'public-key',
      },
    },
    authentications: [
      {
        challenge: 'E38sSwXGQlXKGwhj8kP-NddyJO4ZgDAy5TReMBmPgdI',
        response: {
          authenticatorAttachment: 'platform',
          clientExtensionResults: {},
          id: '3Tu2KzUsLMBqh75UmuKbOykNnpBjGfU9bTI-KrYwqUE',
          rawId: '3Tu2KzUsLMBqh75UmuKbOykNnpBjGfU9bTI-KrYwqUE',
          response: {
            authenticatorData: 'VtmCAS3hjt8Iz1fY2UtegalxmdPrFPI7fCt1xcdfVG0dAAAAAg',
            clientDataJSON:
              'eyJ0eXBlIjoid2ViYXV0aG4uZ2V0IiwiY2hhbGxlbmdlIjoiRTM4c1N3WEdRbFhLR3doajhrUC1OZGR5Sk80WmdEQXk1VFJlTUJtUGdkSSIsIm9yaWdpbiI6Imh0dHBzOi8vYXBwLmV4YW1wbGUiLCJjcm9zc09yaWdpbiI6ZmFsc2V9',
            signature:
              'qG4I_vShcZbtzwS3XCvQqE2yp3CuUqKqx84QN_Vg1i2vme4ECqCTwdUDojxr0-JeAeW-9ddcFbbeZW_gPT9kAw',
            userHandle:
              'MTUeObcQF5U80Or0pRvK5ErFhS1ly74m4UB07qX-MQ5WeC2m-YbQTfOtDFua0sBdX3uG1BbU9han7ze9rLn_8A',
          },
          type: 'public-key',
        },
      },
      {
        challenge: 'gTQZDaEmhNSH4fOVeIBn1JecKztEDpwTCXnJLQ7UasA',
        response: {
          authenticatorAttachment: 'platform',
          clientExtensionResults: {},
          id: '3Tu2KzUsLMBqh75UmuKbOykNnpBjGfU9bTI-KrYwqUE',
          rawId: '3Tu2KzUsLMBqh75UmuKbOykNnpBjGfU9bTI-KrYwqUE',
          response: {
            authenticatorData: 'VtmCAS3hjt8Iz1fY2UtegalxmdPrFPI7fCt1xcdfVG0dAAAAAw',
            clientDataJSON:
              'eyJ0eXBlIjoid2ViYXV0aG4uZ2V0IiwiY2hhbGxlbmdlIjoiZ1RRWkRhRW1oTlNINGZPVmVJQm4xSmVjS3p0RURwd1RDWG5KTFE3VWFzQSIsIm9yaWdpbiI6Imh0dHBzOi8vYXBwLmV4YW1wbGUiLCJjcm9zc09yaWdpbiI6ZmFsc2V9',
            signature:
              'ZO2FIr0UN31sytksr5U92S6ENUUXnklOZU550PWlOOsYLiQgfIMYWTBpSKH694kpS5oOt9s5_uTZcjmdN7zTBA',
            userHandle:
              'MTUeObcQF5U80Or0pRvK5ErFhS1ly74m4UB07qX-MQ5WeC2m-YbQTfOtDFua0sBdX3uG1BbU9han7ze9rLn_8A',
          },
          type: 'public-key',
        },
      },
    ],
  },
  {
    name: 'synced passkey, RS256',
    topOrigin: null,
    userHandle:
      'rwbIjwus6xV4sH4SKL-Ys12cyeQCMOkBMfL9ayeYCjC33KZtpSkkHs-6idKgPGwc3Uaxd_40exRR0CS3xuBHqA',
    registration: {
      challenge: 'sK8666tN0CtFboGtBaXcLAnErYBCjRtwe60zgbBb5Uk',
      response: {
        authenticatorAttachment: 'platform',
        clientExtensionResults: {},
        id: 'Wd-45elVDsLXO7SrLCzaJqB59To-oOb2Hu7AZ3slCHM',
        rawId: 'Wd-45elVDsLXO7SrLCzaJqB59To-oOb2Hu7AZ3slCHM',
        response: {
          attestationObject:
            'o2NmbXRkbm9uZWdhdHRTdG10oGhhdXRoRGF0YVkBZ1bZggEt4Y7fCM9X2NlLXoGpcZnT6xTyO3wrdcXHX1RtXQAAAAEBAgMEBQYHCAECAwQFBgcIACBZ37jl6VUOwtc7tKssLNomoHn1Oj6g5vYe7sBneyUIc6QBAwM5AQAgWQEAzrWfHBnGVK4ob49qEnw8SYd2WrlcLs_A-jdUmO5Ll7V6-X8Umt3xa7N5d7JA_XXMbpwvj6mde2iOkKiDLYqGTMLT2PcwjfVUTmrId_t5W_zoOkLYRI3XvWsOWzm7frbzY72z8FuPsaSiqpTLk_dUIYSp0rq-8j801dpSq_3MZ3Ym7xmq1esh7bUFu0PT0oAx2L5Frt79ysBbAEhqyymDGF9odCHAPnUQzdW-pVt4gdpfr3EMQTgD18udGBhqq4cjXuFgsID9TxWpIeEMpJFh656MI_Ux79VbJV4zVD18Hy6jDSLuYoa1OzKpdlWAMUEuVMJWu0dTXaAHf4yYtdQS-yFDAQAB',
          authenticatorData:
            'VtmCAS3hjt8Iz1fY2UtegalxmdPrFPI7fCt1xcdfVG1dAAAAAQECAwQFBgcIAQIDBAUGBwgAIFnfuOXpVQ7C1zu0qyws2iagefU6PqDm9h7uwGd7JQhzpAEDAzkBACBZAQDOtZ8cGcZUrihvj2oSfDxJh3ZauVwuz8D6N1SY7kuXtXr5fxSa3fFrs3l3skD9dcxunC-PqZ17aI6QqIMtioZMwtPY9zCN9VROash3-3lb_Og6QthEjde9aw5bObt-tvNjvbPwW4-xpKKqlMuT91QhhKnSur7yPzTV2lKr_cxndibvGarV6yHttQW7Q9PSgDHYvkWu3v3KwFsASGrLKYMYX2h0IcA-dRDN1b6lW3iB2l-vcQxBOAPXy50YGGqrhyNe4WCwgP1PFakh4QykkWHrnowj9THv1VslXjNUPXwfLqMNIu5ihrU7Mql2VYAxQS5Uwla7R1NdoAd_jJi11BL7IUMBAAE',
          clientDataJSON:
            'eyJ0eXBlIjoid2ViYXV0aG4uY3JlYXRlIiwiY2hhbGxlbmdlIjoic0s4NjY2dE4wQ3RGYm9HdEJhWGNMQW5FcllCQ2pSdHdlNjB6Z2JCYjVVayIsIm9yaWdpbiI6Imh0dHBzOi8vYXBwLmV4YW1wbGUiLCJjcm9zc09yaWdpbiI6ZmFsc2V9',
          publicKey:
            'MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAzrWfHBnGVK4ob49qEnw8SYd2WrlcLs_A-jdUmO5Ll7V6-X8Umt3xa7N5d7JA_XXMbpwvj6mde2iOkKiDLYqGTMLT2PcwjfVUTmrId_t5W_zoOkLYRI3XvWsOWzm7frbzY72z8FuPsaSiqpTLk_dUIYSp0rq-8j801dpSq_3MZ3Ym7xmq1esh7bUFu0PT0oAx2L5Frt79ysBbAEhqyymDGF9odCHAPnUQzdW-pVt4gdpfr3EMQTgD18udGBhqq4cjXuFgsID9TxWpIeEMpJFh656MI_Ux79VbJV4zVD18Hy6jDSLuYoa1OzKpdlWAMUEuVMJWu0dTXaAHf4yYtdQS-wIDAQAB',
          publicKeyAlgorithm: -257,
          transports: ['internal'],
        },
        type: 'public-key',
      },
    },
    authentications: [
      {
        challenge: 'uZyFlbeQi3zC5Jj1rSlMdAqT_Fm0rAt_dLfuaNNKPOU',
        response: {
          authenticatorAttachment: 'platform',
          clientExtensionResults: {},
          id: 'Wd-45elVDsLXO7SrLCzaJqB59To-oOb2Hu7AZ3slCHM',
          rawId: 'Wd-45elVDsLXO7SrLCzaJqB59To-oOb2Hu7AZ3slCHM',
          response: {
            authenticatorData: 'VtmCAS3hjt8Iz1fY2UtegalxmdPrFPI7fCt1xcdfVG0dAAAAAg',
            clientDataJSON:
              'eyJ0eXBlIjoid2ViYXV0aG4uZ2V0IiwiY2hhbGxlbmdlIjoidVp5RmxiZVFpM3pDNUpqMXJTbE1kQXFUX0ZtMHJBdF9kTGZ1YU5OS1BPVSIsIm9yaWdpbiI6Imh0dHBzOi8vYXBwLmV4YW1wbGUiLCJjcm9zc09yaWdpbiI6ZmFsc2UsIm90aGVyX2tleXNfY2FuX2JlX2FkZGVkX2hlcmUiOiJkbyBub3QgY29tcGFyZSBjbGllbnREYXRhSlNPTiBhZ2FpbnN0IGEgdGVtcGxhdGUuIFNlZSBodHRwczovL2dvby5nbC95YWJQZXgifQ',
            signature:
              'ep6Y1T5NGTngdw2ToPxUhX3RFGUEerOrPQFT1gBjO1BkldWiOPQvXqIByBcmS9eIbmlwBdtvgFWeh6bHjI0GIoKnjW5D2xPwIHD59ln290zKVvZky2ljVVgEsCi8w3c1cVlB9Sqa0ph4sVlnJtcTniLLivQwwnrOBS8rgkstfaBfAKkutSvlcTqwKcL_zDu32B5qORqbYzm6Xn2Y9qnKVyLO0Fcs1hNDQJj0OALjIZLU1gcnNgzQ73NExLDPZPNA-5veVY2dO8RwiX4MuZ5WLnp_1iYW23MMUUJ7xO3BkLJekK7lJqcW5JjXFnLICIoW5HYXRvnbsE0wnnOTlPdgYg',
            userHandle:
              'rwbIjwus6xV4sH4SKL-Ys12cyeQCMOkBMfL9ayeYCjC33KZtpSkkHs-6idKgPGwc3Uaxd_40exRR0CS3xuBHqA',
          },
          type: 'public-key',
        },
      },
      {
        challenge: 'yoixNJAKLkTEUBUt6n2SbfVR-LU7mRF3yhnpjmV79gk',
        response: {
          authenticatorAttachment: 'platform',
          clientExtensionResults: {},
          id: 'Wd-45elVDsLXO7SrLCzaJqB59To-oOb2Hu7AZ3slCHM',
          rawId: 'Wd-45elVDsLXO7SrLCzaJqB59To-oOb2Hu7AZ3slCHM',
          response: {
            authenticatorData: 'VtmCAS3hjt8Iz1fY2UtegalxmdPrFPI7fCt1xcdfVG0dAAAAAw',
            clientDataJSON:
              'eyJ0eXBlIjoid2ViYXV0aG4uZ2V0IiwiY2hhbGxlbmdlIjoieW9peE5KQUtMa1RFVUJVdDZuMlNiZlZSLUxVN21SRjN5aG5wam1WNzlnayIsIm9yaWdpbiI6Imh0dHBzOi8vYXBwLmV4YW1wbGUiLCJjcm9zc09yaWdpbiI6ZmFsc2V9',
            signature:
              'Zy09SHr8SI7ss9NBu0CmLNqfKSWSzCCvpqHVrRbNqjmRTf-_iY-uT5CbtNoHXBfUDsUuV1PD-79ZhFrb2ac6qH0epHbGuFeBLfqzXg1nQn4WRnLCupGEFZyjfnvjnFUEyLdv-GQxgWbXUxe5ob2qRMwmYeHxy3AA3zrHhrhojIpPZ1SOvTunHEiyh0vt6r2dAI4AiW9k3hTkgxDHq5YAOfXYca1dBwpkc_t6o6PfpPsOcyvC6IZrCnlFj7Mv9o6ZwMVsDRzRH3lJWLYc2aFnv_iGuLRyRPiWE7sh1ecPeabtu5xPC02VfIzNStPYgBmeURFSRufc7txIEcI6Gp_9HA',
            userHandle:
              'rwbIjwus6xV4sH4SKL-Ys12cyeQCMOkBMfL9ayeYCjC33KZtpSkkHs-6idKgPGwc3Uaxd_40exRR0CS3xuBHqA',
          },
          type: 'public-key',
        },
      },
    ],
  },
  {
    name: 'in a frame of another origin',
    topOrigin: 'https://portal.example',
    userHandle:
      'tCJiZ0g3Ad39aUwSIguYGgGMjMuZVwwduoXIgoBBgwxtalPuH7H5d5MC5ZmdjenU4ym97IK4NoypSCvQz1i_dw',
    registration: {
      challenge: 'g3nBziT-A7w0QqrFefJrAdXkRGo5Un9UOKYjBIn07OU',
      response: {
        authenticatorAttachment: 'platform',
        clientExtensionResults: {},
        id: '3cZSy0hkxYF1dzqBOmNSQJPGyyhOYpfftaklMlwTH48',
        rawId: '3cZSy0hkxYF1dzqBOmNSQJPGyyhOYpfftaklMlwTH48',
        response: {
          attestationObject:
            'o2NmbXRkbm9uZWdhdHRTdG10oGhhdXRoRGF0YVikVtmCAS3hjt8Iz1fY2UtegalxmdPrFPI7fCt1xcdfVG1dAAAAAQECAwQFBgcIAQIDBAUGBwgAIN3GUstIZMWBdXc6gTpjUkCTxssoTmKX37WpJTJcEx-PpQECAyYgASFYIKM1h3TXmjgn8i6kAUfXbPu-DkFRMuoqNllIp-6M7cyhIlggXtRKj86xrkxTMCTwDCr0hEgrrttGfJHgyAhz-8ouZ5M',
          authenticatorData:
            'VtmCAS3hjt8Iz1fY2UtegalxmdPrFPI7fCt1xcdfVG1dAAAAAQECAwQFBgcIAQIDBAUGBwgAIN3GUstIZMWBdXc6gTpjUkCTxssoTmKX37WpJTJcEx-PpQECAyYgASFYIKM1h3TXmjgn8i6kAUfXbPu-DkFRMuoqNllIp-6M7cyhIlggXtRKj86xrkxTMCTwDCr0hEgrrttGfJHgyAhz-8ouZ5M',
          clientDataJSON:
            'eyJ0eXBlIjoid2ViYXV0aG4uY3JlYXRlIiwiY2hhbGxlbmdlIjoiZzNuQnppVC1BN3cwUXFyRmVmSnJBZFhrUkdvNVVuOVVPS1lqQkluMDdPVSIsIm9yaWdpbiI6Imh0dHBzOi8vYXBwLmV4YW1wbGUiLCJjcm9zc09yaWdpbiI6dHJ1ZSwidG9wT3JpZ2luIjoiaHR0cHM6Ly9wb3J0YWwuZXhhbXBsZSJ9',
          publicKey:
            'MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEozWHdNeaOCfyLqQBR9ds-74OQVEy6io2WUin7oztzKFe1EqPzrGuTFMwJPAMKvSESCuu20Z8keDICHP7yi5nkw',
          publicKeyAlgorithm: -7,
          transports: ['internal'],
        },
        type: 'public-key',
      },
    },
    authentications: [
      {
        challenge: 'dW-qGkWaxp9DXd-1nxJ3LbdPYg64efEG7xDdHnh4XSU',
        response: {
          authenticatorAttachment: 'platform',
          clientExtensionResults: {},
          id: '3cZSy0hkxYF1dzqBOmNSQJPGyyhOYpfftaklMlwTH48',
          rawId: '3cZSy0hkxYF1dzqBOmNSQJPGyyhOYpfftaklMlwTH48',
          response: {
            authenticatorData: 'VtmCAS3hjt8Iz1fY2UtegalxmdPrFPI7fCt1xcdfVG0dAAAAAg',
            clientDataJSON:
              'eyJ0eXBlIjoid2ViYXV0aG4uZ2V0IiwiY2hhbGxlbmdlIjoiZFctcUdrV2F4cDlEWGQtMW54SjNMYmRQWWc2NGVmRUc3eERkSG5oNFhTVSIsIm9yaWdpbiI6Imh0dHBzOi8vYXBwLmV4YW1wbGUiLCJjcm9zc09yaWdpbiI6dHJ1ZSwidG9wT3JpZ2luIjoiaHR0cHM6Ly9wb3J0YWwuZXhhbXBsZSJ9',
            signature:
              'MEUCIH44W4a8TrNHQYYLXADFXjNg67mkLVJ3F07xxYMWLRJwAiEAkriiR6_HfZD2DpPrjn3Pl8BscRycoaVkW31cGRyKIQ8',
            userHandle:
              'tCJiZ0g3Ad39aUwSIguYGgGMjMuZVwwduoXIgoBBgwxtalPuH7H5d5MC5ZmdjenU4ym97IK4NoypSCvQz1i_dw',
          },
          type: 'public-key',
        },
      },
      {
        challenge: 'd_OcsWqE2QV2xUJlcAQ2kzZkR0MRu66ejP8va-3nYEk',
        response: {
          authenticatorAttachment: 'platform',
          clientExtensionResults: {},
          id: '3cZSy0hkxYF1dzqBOmNSQJPGyyhOYpfftaklMlwTH48',
          rawId: '3cZSy0hkxYF1dzqBOmNSQJPGyyhOYpfftaklMlwTH48',
          response: {
            authenticatorData: 'VtmCAS3hjt8Iz1fY2UtegalxmdPrFPI7fCt1xcdfVG0dAAAAAw',
            clientDataJSON:
              'eyJ0eXBlIjoid2ViYXV0aG4uZ2V0IiwiY2hhbGxlbmdlIjoiZF9PY3NXcUUyUVYyeFVKbGNBUTJrelprUjBNUnU2NmVqUDh2YS0zbllFayIsIm9yaWdpbiI6Imh0dHBzOi8vYXBwLmV4YW1wbGUiLCJjcm9zc09yaWdpbiI6dHJ1ZSwidG9wT3JpZ2luIjoiaHR0cHM6Ly9wb3J0YWwuZXhhbXBsZSJ9',
            signature:
              'MEUCIC51jHYKL4gSFQ9xkNeXtprZUQTwDRpoi06IZ6CSC1qWAiEAmVN6nIrOiKlXO8pkwa2bHpgNMS4zun9iX-37adGcPh4',
            userHandle:
              'tCJiZ0g3Ad39aUwSIguYGgGMjMuZVwwduoXIgoBBgwxtalPuH7H5d5MC5ZmdjenU4ym97IK4NoypSCvQz1i_dw',
          },
          type: 'public-key',
        },
      },
    ],
  },
  {
    name: 'security key, ES256',
    topOrigin: null,
    userHandle:
      'NuM_OIZlKelacoUEJ6uJIgRyJnfi_pMXVPKEeYIavWCy5OD97pI0CU_Cg51Mz3TCgn3nF3MoTRdSk7NHTcHT1g',
    registration: {
      challenge: 'Dt-LYj0VfLq3q3cpnP9V45iL1-2YB2HFRUpp8LJ5GJk',
      response: {
        authenticatorAttachment: 'cross-platform',
        clientExtensionResults: {},
        id: 'DVsn6_0_6eiem-579JpAS-Y7X04MYNDMWHvoeDf4Cv0',
        rawId: 'DVsn6_0_6eiem-579JpAS-Y7X04MYNDMWHvoeDf4Cv0',
        response: {
          attestationObject:
            'o2NmbXRkbm9uZWdhdHRTdG10oGhhdXRoRGF0YVikVtmCAS3hjt8Iz1fY2UtegalxmdPrFPI7fCt1xcdfVG1BAAAAAQAAAAAAAAAAAAAAAAAAAAAAIA1bJ-v9P-nonpvue_SaQEvmO19ODGDQzFh76Hg3-Ar9pQECAyYgASFYICEh6BhGTySMz1unJfBsqujImOM5LYl4copw0ckR_ts1IlggH22gjAZzvphB88luylL6X7mZKgfVguyVcoGC4drRddU',
          authenticatorData:
            'VtmCAS3hjt8Iz1fY2UtegalxmdPrFPI7fCt1xcdfVG1BAAAAAQAAAAAAAAAAAAAAAAAAAAAAIA1bJ-v9P-nonpvue_SaQEvmO19ODGDQzFh76Hg3-Ar9pQECAyYgASFYICEh6BhGTySMz1unJfBsqujImOM5LYl4copw0ckR_ts1IlggH22gjAZzvphB88luylL6X7mZKgfVguyVcoGC4drRddU',
          clientDataJSON:
            'eyJ0eXBlIjoid2ViYXV0aG4uY3JlYXRlIiwiY2hhbGxlbmdlIjoiRHQtTFlqMFZmTHEzcTNjcG5QOVY0NWlMMS0yWUIySEZSVXBwOExKNUdKayIsIm9yaWdpbiI6Imh0dHBzOi8vYXBwLmV4YW1wbGUiLCJjcm9zc09yaWdpbiI6ZmFsc2V9',
          publicKey:
            'MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEISHoGEZPJIzPW6cl8Gyq6MiY4zktiXhyinDRyRH-2zUfbaCMBnO-mEHzyW7KUvpfuZkqB9WC7JVygYLh2tF11Q',
          publicKeyAlgorithm: -7,
          transports: ['usb'],
        },
        type: 'public-key',
      },
    },
    authentications: [
      {
        challenge: 'hdH6FIRhJlupJ1pN0imCtrdiRwHFFnbd45sCml1CENE',
        response: {
          authenticatorAttachment: 'cross-platform',
          clientExtensionResults: {},
          id: 'DVsn6_0_6eiem-579JpAS-Y7X04MYNDMWHvoeDf4Cv0',
          rawId: 'DVsn6_0_6eiem-579JpAS-Y7X04MYNDMWHvoeDf4Cv0',
          response: {
            authenticatorData: 'VtmCAS3hjt8Iz1fY2UtegalxmdPrFPI7fCt1xcdfVG0BAAAAAg',
            clientDataJSON:
              'eyJ0eXBlIjoid2ViYXV0aG4uZ2V0IiwiY2hhbGxlbmdlIjoiaGRINkZJUmhKbHVwSjFwTjBpbUN0cmRpUndIRkZuYmQ0NXNDbWwxQ0VORSIsIm9yaWdpbiI6Imh0dHBzOi8vYXBwLmV4YW1wbGUiLCJjcm9zc09yaWdpbiI6ZmFsc2V9',
            signature:
              'MEUCIDzmEZiYhD24r9vUceiGu-354pOnpg5czDY6fJPGR6NtAiEA_WzqA98P3H6KIhiLbVu05j19eooz_ZD3gitQTtlu6RQ',
          },
          type: 'public-key',
        },
      },
      {
        challenge: '1bZj3BCG6YG_8BAubq8EAmglcH5ZLx2MFYYaY5TvwEQ',
        response: {
          authenticatorAttachment: 'cross-platform',
          clientExtensionResults: {},
          id: 'DVsn6_0_6eiem-579JpAS-Y7X04MYNDMWHvoeDf4Cv0',
          rawId: 'DVsn6_0_6eiem-579JpAS-Y7X04MYNDMWHvoeDf4Cv0',
          response: {
            authenticatorData: 'VtmCAS3hjt8Iz1fY2UtegalxmdPrFPI7fCt1xcdfVG0BAAAAAw',
            clientDataJSON:
              'eyJ0eXBlIjoid2ViYXV0aG4uZ2V0IiwiY2hhbGxlbmdlIjoiMWJaajNCQ0c2WUdfOEJBdWJxOEVBbWdsY0g1Wkx4Mk1GWVlhWTVUdndFUSIsIm9yaWdpbiI6Imh0dHBzOi8vYXBwLmV4YW1wbGUiLCJjcm9zc09yaWdpbiI6ZmFsc2V9',
            signature:
              'MEUCIChpvKakELOXBv-xNBjsETh_LX90nwU8r-IIwlrvjB47AiEAya3VEzg3-dSjwHIJmiQKq7tE1UiJW73I8MKhJG4Uew4',
          },
          type: 'public-key',
        },
      },
    ],
  },
  {
    name: 'U2F security key',
    topOrigin: null,
    userHandle:
      '5gudfk42PjqxngNBN1O6uvoI8T4WRPSFWANYtoXDzfpESNFsxO1t1wIpk9hlEMYcYB6RZxRxBdR-a6NO2a5K1g',
    registration: {
      challenge: 'ZcNxjbMtNVqPYuj8FB59AXIt_Pda_VMboAga1Ys4qTI',
      response: {
        authenticatorAttachment: 'cross-platform',
        clientExtensionResults: {},
        id: '0uJzOfiCmeNao6kTrfALKsEZ_Do8W3VgMKt8_zq83pU',
        rawId: '0uJzOfiCmeNao6kTrfALKsEZ_Do8W3VgMKt8_zq83pU',
        response: {
          attestationObject:
            'o2NmbXRkbm9uZWdhdHRTdG10oGhhdXRoRGF0YVikVtmCAS3hjt8Iz1fY2UtegalxmdPrFPI7fCt1xcdfVG1BAAAAAAAAAAAAAAAAAAAAAAAAAAAAINLiczn4gpnjWqOpE63wCyrBGfw6PFt1YDCrfP86vN6VpQECAyYgASFYIE4We1avRDe97WY9E0UyhSMzhnJZwJC-GeAMqxIe-TQHIlggMZKVe-p_g0O2NGOV6Ocnt0CbdfGdrfaCrjIlzVmm9CI',
          authenticatorData:
            'VtmCAS3hjt8Iz1fY2UtegalxmdPrFPI7fCt1xcdfVG1BAAAAAAAAAAAAAAAAAAAAAAAAAAAAINLiczn4gpnjWqOpE63wCyrBGfw6PFt1YDCrfP86vN6VpQECAyYgASFYIE4We1avRDe97WY9E0UyhSMzhnJZwJC-GeAMqxIe-TQHIlggMZKVe-p_g0O2NGOV6Ocnt0CbdfGdrfaCrjIlzVmm9CI',
          clientDataJSON:
            'eyJ0eXBlIjoid2ViYXV0aG4uY3JlYXRlIiwiY2hhbGxlbmdlIjoiWmNOeGpiTXROVnFQWXVqOEZCNTlBWEl0X1BkYV9WTWJvQWdhMVlzNHFUSSIsIm9yaWdpbiI6Imh0dHBzOi8vYXBwLmV4YW1wbGUiLCJjcm9zc09yaWdpbiI6ZmFsc2V9',
          publicKey:
            'MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEThZ7Vq9EN73tZj0TRTKFIzOGclnAkL4Z4AyrEh75NAcxkpV76n-DQ7Y0Y5Xo5ye3QJt18Z2t9oKuMiXNWab0Ig',
          publicKeyAlgorithm: -7,
          transports: ['usb'],
        },
        type: 'public-key',
      },
    },
    authentications: [
      {
        challenge: 'wylAeaiaGafavdqMOwa-w37Og829y4AJ-6Tl2FTlp2g',
        response: {
          authenticatorAttachment: 'cross-platform',
          clientExtensionResults: {},
          id: '0uJzOfiCmeNao6kTrfALKsEZ_Do8W3VgMKt8_zq83pU',
          rawId: '0uJzOfiCmeNao6kTrfALKsEZ_Do8W3VgMKt8_zq83pU',
          response: {
            authenticatorData: 'VtmCAS3hjt8Iz1fY2UtegalxmdPrFPI7fCt1xcdfVG0BAAAAAg',
            clientDataJSON:
              'eyJ0eXBlIjoid2ViYXV0aG4uZ2V0IiwiY2hhbGxlbmdlIjoid3lsQWVhaWFHYWZhdmRxTU93YS13MzdPZzgyOXk0QUotNlRsMkZUbHAyZyIsIm9yaWdpbiI6Imh0dHBzOi8vYXBwLmV4YW1wbGUiLCJjcm9zc09yaWdpbiI6ZmFsc2UsIm90aGVyX2tleXNfY2FuX2JlX2FkZGVkX2hlcmUiOiJkbyBub3QgY29tcGFyZSBjbGllbnREYXRhSlNPTiBhZ2FpbnN0IGEgdGVtcGxhdGUuIFNlZSBodHRwczovL2dvby5nbC95YWJQZXgifQ',
            signature:
              'MEUCIEEmnhjjSTgvq-zBmPBZRo4dsWZYWXAItLQwnIGFSsR-AiEAg9cI9j3vDhvkuQIsMEGj4aTButj39RiuPRMGzDjL0_A',
          },
          type: 'public-key',
        },
      },
      {
        challenge: 'ipcXrTUQ-G4OnUvo884mMjLTkJ_SAT0nfawrAVeUsIU',
        response: {
          authenticatorAttachment: 'cross-platform',
          clientExtensionResults: {},
          id: '0uJzOfiCmeNao6kTrfALKsEZ_Do8W3VgMKt8_zq83pU',
          rawId: '0uJzOfiCmeNao6kTrfALKsEZ_Do8W3VgMKt8_zq83pU',
          response: {
            authenticatorData: 'VtmCAS3hjt8Iz1fY2UtegalxmdPrFPI7fCt1xcdfVG0BAAAAAw',
            clientDataJSON:
              'eyJ0eXBlIjoid2ViYXV0aG4uZ2V0IiwiY2hhbGxlbmdlIjoiaXBjWHJUVVEtRzRPblV2bzg4NG1NakxUa0pfU0FUMG5mYXdyQVZlVXNJVSIsIm9yaWdpbiI6Imh0dHBzOi8vYXBwLmV4YW1wbGUiLCJjcm9zc09yaWdpbiI6ZmFsc2V9',
            signature:
              'MEUCIEBnbQBOjpb4VbK2k2G-_bZFcjAAA33kvodH9sYwxE1HAiEA2WHINtlWxSW5vrbvwzgQZF5KtxFVcVIhQmQTJYwTqsY',
          },
          type: 'public-key',
        },
      },
    ],
  },
  {
    name: 'with extension outputs',
    topOrigin: null,
    userHandle:
      'c0Dlwx8kpzZCg_V9USQsMkeCWqatd7xhMaYwb7pDoup9O-3vCPkH0TjckGF8pQhl11u53gTcCTxyYFKF7neGwg',
    registration: {
      challenge: 'EjaeTbkqaGOyPG1EohOn1oDkfgzIUVm1khr3prDFr9U',
      response: {
        authenticatorAttachment: 'platform',
        clientExtensionResults: {
          credBlob: true,
        },
        id: 'FcJ5ze-ktlUGgWUPhlQNX8BxS5yrpeym1pET_ScW-qo',
        rawId: 'FcJ5ze-ktlUGgWUPhlQNX8BxS5yrpeym1pET_ScW-qo',
        response: {
          attestationObject:
            'o2NmbXRkbm9uZWdhdHRTdG10oGhhdXRoRGF0YVjKVtmCAS3hjt8Iz1fY2UtegalxmdPrFPI7fCt1xcdfVG3dAAAAAQECAwQFBgcIAQIDBAUGBwgAIBXCec3vpLZVBoFlD4ZUDV_AcUucq6XsptaRE_0nFvqqpQECAyYgASFYIJuDVWbJpOE8m0mPs8_aaPqgJMZfGNCEwF9Fd6yNdJXyIlgg-vIoYbHPQazPKol1808SIZLfavvt5SmISG538fuoTlGjaGNyZWRCbG9i9WtjcmVkUHJvdGVjdAJsbWluUGluTGVuZ3RoBA',
          authenticatorData:
            'VtmCAS3hjt8Iz1fY2UtegalxmdPrFPI7fCt1xcdfVG3dAAAAAQECAwQFBgcIAQIDBAUGBwgAIBXCec3vpLZVBoFlD4ZUDV_AcUucq6XsptaRE_0nFvqqpQECAyYgASFYIJuDVWbJpOE8m0mPs8_aaPqgJMZfGNCEwF9Fd6yNdJXyIlgg-vIoYbHPQazPKol1808SIZLfavvt5SmISG538fuoTlGjaGNyZWRCbG9i9WtjcmVkUHJvdGVjdAJsbWluUGluTGVuZ3RoBA',
          clientDataJSON:
            'eyJ0eXBlIjoid2ViYXV0aG4uY3JlYXRlIiwiY2hhbGxlbmdlIjoiRWphZVRia3FhR095UEcxRW9oT24xb0RrZmd6SVVWbTFraHIzcHJERnI5VSIsIm9yaWdpbiI6Imh0dHBzOi8vYXBwLmV4YW1wbGUiLCJjcm9zc09yaWdpbiI6ZmFsc2V9',
          publicKey:
            'MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEm4NVZsmk4TybSY-zz9po-qAkxl8Y0ITAX0V3rI10lfL68ihhsc9BrM8qiXXzTxIhkt9q--3lKYhIbnfx-6hOUQ',
          publicKeyAlgorithm: -7,
          transports: ['internal'],
        },
        type: 'public-key',
      },
    },
    authentications: [
      {
        challenge: 'DrPOMhEkoCck0GUDrsntHJyFMvS_PN2drSZVhB7DRtk',
        response: {
          authenticatorAttachment: 'platform',
          clientExtensionResults: {},
          id: 'FcJ5ze-ktlUGgWUPhlQNX8BxS5yrpeym1pET_ScW-qo',
          rawId: 'FcJ5ze-ktlUGgWUPhlQNX8BxS5yrpeym1pET_ScW-qo',
          response: {
            authenticatorData: 'VtmCAS3hjt8Iz1fY2UtegalxmdPrFPI7fCt1xcdfVG0dAAAAAg',
            clientDataJSON:
              'eyJ0eXBlIjoid2ViYXV0aG4uZ2V0IiwiY2hhbGxlbmdlIjoiRHJQT01oRWtvQ2NrMEdVRHJzbnRISnlGTXZTX1BOMmRyU1pWaEI3RFJ0ayIsIm9yaWdpbiI6Imh0dHBzOi8vYXBwLmV4YW1wbGUiLCJjcm9zc09yaWdpbiI6ZmFsc2V9',
            signature:
              'MEUCIQD7qrRQRwnvKRT6Wu1zFDqWPZAJyNpOxcuKA6eA5uDVDwIgS5CCuvY3bgtFcpstI4lXkqhvVglKfEn_Dr2a3eayPh4',
            userHandle:
              'c0Dlwx8kpzZCg_V9USQsMkeCWqatd7xhMaYwb7pDoup9O-3vCPkH0TjckGF8pQhl11u53gTcCTxyYFKF7neGwg',
          },
          type: 'public-key',
        },
      },
      {
        challenge: 'TMoCjmIGa7vRXjA-htQOfgPp68z66AnlvxdcVPDOsMI',
        response: {
          authenticatorAttachment: 'platform',
          clientExtensionResults: {},
          id: 'FcJ5ze-ktlUGgWUPhlQNX8BxS5yrpeym1pET_ScW-qo',
          rawId: 'FcJ5ze-ktlUGgWUPhlQNX8BxS5yrpeym1pET_ScW-qo',
          response: {
            authenticatorData: 'VtmCAS3hjt8Iz1fY2UtegalxmdPrFPI7fCt1xcdfVG0dAAAAAw',
            clientDataJSON:
              'eyJ0eXBlIjoid2ViYXV0aG4uZ2V0IiwiY2hhbGxlbmdlIjoiVE1vQ2ptSUdhN3ZSWGpBLWh0UU9mZ1BwNjh6NjZBbmx2eGRjVlBET3NNSSIsIm9yaWdpbiI6Imh0dHBzOi8vYXBwLmV4YW1wbGUiLCJjcm9zc09yaWdpbiI6ZmFsc2V9',
            signature:
              'MEQCIGj0azu22-rSJOR12rHlIiWBC04Q5gqrnynlCrS79_A9AiBvi2UjvetR0WoPYspVvE3HZyIN4JY-nGcdJPg805hd-Q',
            userHandle:
              'c0Dlwx8kpzZCg_V9USQsMkeCWqatd7xhMaYwb7pDoup9O-3vCPkH0TjckGF8pQhl11u53gTcCTxyYFKF7neGwg',
          },
          type: 'public-key',
        },
      },
    ],
  },
  {
    name: 'with a certificate',
    topOrigin: null,
    userHandle:
      'hJx5cx2B1CS5fnHtwCh1kza2Z1zj5SmCvj5FQa0mqbizL2X_UOqe47vhWyC8410bzZe_MeAxFdLVFbNzs21N1g',
    registration: {
      challenge: 'gFD836YI3aOgB8cO26KG4YsE_6avdbhzOrDUaXOouY0',
      response: {
        authenticatorAttachment: 'cross-platform',
        clientExtensionResults: {},
        id: 'llX5dYTIbhfsRerf7qtXj-PUC0_9EUJ512iQdMnXl3A',
        rawId: 'llX5dYTIbhfsRerf7qtXj-PUC0_9EUJ512iQdMnXl3A',
        response: {
          attestationObject:
            'o2NmbXRmcGFja2VkZ2F0dFN0bXSjY2FsZyZjc2lnWEYwRAIgMkQWLpigeSvFO-5h5aI_DR-DoaatZA0R29WGqJeX4V0CIAq9MCQNBpvRpNYsMFbmy_pPC8u0_K5pXaZtauneO5OBY3g1Y4FZAdgwggHUMIIBeqADAgECAgEBMAoGCCqGSM49BAMCMGAxCzAJBgNVBAYTAlVTMREwDwYDVQQKDAhDaHJvbWl1bTEiMCAGA1UECwwZQXV0aGVudGljYXRvciBBdHRlc3RhdGlvbjEaMBgGA1UEAwwRQmF0Y2ggQ2VydGlmaWNhdGUwHhcNMTcwNzE0MDI0MDAwWhcNNDYxMTI0MTc0NjA0WjBgMQswCQYDVQQGEwJVUzERMA8GA1UECgwIQ2hyb21pdW0xIjAgBgNVBAsMGUF1dGhlbnRpY2F0b3IgQXR0ZXN0YXRpb24xGjAYBgNVBAMMEUJhdGNoIENlcnRpZmljYXRlMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEjWF-ZclQjmS8xWc6yCpnmdo8FEZoLCWMRj__31jf0vo-bDeLU9eVxKTf-0GZ7deGLyOrrwIDtLiRG6BWmZThAaMlMCMwDAYDVR0TAQH_BAIwADATBgsrBgEEAYLlHAIBAQQEAwIFIDAKBggqhkjOPQQDAgNIADBFAiBuo3JxCbVrmd5sY9fwJMpT0dlqCJyM1-BEohcihAMEPAIhAKn0rD_Px2wRGt0tVLAFsm0ExxxbLXlj6jCfAZci7fWeaGF1dGhEYXRhWKRW2YIBLeGO3wjPV9jZS16BqXGZ0-sU8jt8K3XFx19UbUEAAAABAQIDBAUGBwgBAgMEBQYHCAAgllX5dYTIbhfsRerf7qtXj-PUC0_9EUJ512iQdMnXl3ClAQIDJiABIVggRrtocl7JixDOuKAKLqsm4XmEB6hGLrJppu5MFbAtlEQiWCBIdhjfRlMBir9yibXZ5ZFAyCo_ZoxfhoywLXwjnxTMDQ',
          authenticatorData:
            'VtmCAS3hjt8Iz1fY2UtegalxmdPrFPI7fCt1xcdfVG1BAAAAAQECAwQFBgcIAQIDBAUGBwgAIJZV-XWEyG4X7EXq3-6rV4_j1AtP_RFCeddokHTJ15dwpQECAyYgASFYIEa7aHJeyYsQzrigCi6rJuF5hAeoRi6yaabuTBWwLZREIlggSHYY30ZTAYq_com12eWRQMgqP2aMX4aMsC18I58UzA0',
          clientDataJSON:
            'eyJ0eXBlIjoid2ViYXV0aG4uY3JlYXRlIiwiY2hhbGxlbmdlIjoiZ0ZEODM2WUkzYU9nQjhjTzI2S0c0WXNFXzZhdmRiaHpPckRVYVhPb3VZMCIsIm9yaWdpbiI6Imh0dHBzOi8vYXBwLmV4YW1wbGUiLCJjcm9zc09yaWdpbiI6ZmFsc2V9',
          publicKey:
            'MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAERrtocl7JixDOuKAKLqsm4XmEB6hGLrJppu5MFbAtlERIdhjfRlMBir9yibXZ5ZFAyCo_ZoxfhoywLXwjnxTMDQ',
          publicKeyAlgorithm: -7,
          transports: ['usb'],
        },
        type: 'public-key',
      },
    },
    authentications: [
      {
        challenge: 'mi5M8p19RJ_O2l-lwSK5xKTMJQrjjE2Kbf8fxaiqSiI',
        response: {
          authenticatorAttachment: 'cross-platform',
          clientExtensionResults: {},
          id: 'llX5dYTIbhfsRerf7qtXj-PUC0_9EUJ512iQdMnXl3A',
          rawId: 'llX5dYTIbhfsRerf7qtXj-PUC0_9EUJ512iQdMnXl3A',
          response: {
            authenticatorData: 'VtmCAS3hjt8Iz1fY2UtegalxmdPrFPI7fCt1xcdfVG0BAAAAAg',
            clientDataJSON:
              'eyJ0eXBlIjoid2ViYXV0aG4uZ2V0IiwiY2hhbGxlbmdlIjoibWk1TThwMTlSSl9PMmwtbHdTSzV4S1RNSlFyampFMktiZjhmeGFpcVNpSSIsIm9yaWdpbiI6Imh0dHBzOi8vYXBwLmV4YW1wbGUiLCJjcm9zc09yaWdpbiI6ZmFsc2V9',
            signature:
              'MEUCIHGlbWDN1S2HCwBaFQuxC5H7UIVn8vWGv00t5aR82R4fAiEAvS6g78SJ0mqwh97Tqs2_ifeSOCQbiRuc4IgIhHh2UQk',
          },
          type: 'public-key',
        },
      },
      {
        challenge: 'AG5V-h6owt9GNVWgwsmBqHwcYIWkUFYIqP182hmKNe4',
        response: {
          authenticatorAttachment: 'cross-platform',
          clientExtensionResults: {},
          id: 'llX5dYTIbhfsRerf7qtXj-PUC0_9EUJ512iQdMnXl3A',
          rawId: 'llX5dYTIbhfsRerf7qtXj-PUC0_9EUJ512iQdMnXl3A',
          response: {
            authenticatorData: 'VtmCAS3hjt8Iz1fY2UtegalxmdPrFPI7fCt1xcdfVG0BAAAAAw',
            clientDataJSON:
              'eyJ0eXBlIjoid2ViYXV0aG4uZ2V0IiwiY2hhbGxlbmdlIjoiQUc1Vi1oNm93dDlHTlZXZ3dzbUJxSHdjWUlXa1VGWUlxUDE4MmhtS05lNCIsIm9yaWdpbiI6Imh0dHBzOi8vYXBwLmV4YW1wbGUiLCJjcm9zc09yaWdpbiI6ZmFsc2V9',
            signature:
              'MEQCIBCwqPnKBdVK52eUj4v4M5fCHLSWf--aaVeWLZYzpX5bAiB65dvKuBt-ukBeUWxKcnzhurnIVGqZNAs5fAL0cxcYAA',
          },
          type: 'public-key',
        },
      },
    ],
  },
]
