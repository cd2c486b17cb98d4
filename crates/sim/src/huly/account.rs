//! The account service: sign-in, workspaces, and the accounts themselves.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::token::{self, Claims, TokenError};
use super::{Huly, Session};

/// The platform's version, in discovery and in `version`.
pub const WORKSPACE_VERSION: &str = "0.7.422";
/// Wrong passwords until a login is locked.
const LOCKED_AFTER: u32 = 5;

/// Role in the workspace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Role {
    /// Made the workspace. Sees no more issues than others.
    Owner,
    /// May change settings.
    Maintainer,
    /// An ordinary member.
    User,
    /// Invited to little.
    Guest,
    /// May look, and write nothing.
    ReadOnlyGuest,
    /// The installation's own.
    Admin,
}

/// What a workspace is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Serving.
    Active,
    /// Being brought to another version.
    Upgrading,
    /// Put away.
    Archived,
    /// Being moved.
    Migration,
}

impl Mode {
    /// As the refusal of a session names it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Upgrading => "upgrading",
            Self::Archived => "archived",
            Self::Migration => "migration",
        }
    }
}

/// An identity by which an account is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SocialId {
    /// The `PersonId` of `modifiedBy`.
    pub id: String,
    /// `email` or `huly`.
    pub kind: String,
    /// Address or uuid.
    pub value: String,
    /// Unix milliseconds.
    pub created_on: i64,
    /// Unix milliseconds.
    pub verified_on: i64,
}

/// An account of the installation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Uuid, in the members of projects.
    pub uuid: String,
    /// `First Last`.
    pub name: String,
    /// Login name.
    pub email: String,
    /// Plain, as this is a simulation.
    pub password: String,
    /// The e-mail identity first, then the `huly` one.
    pub social_ids: Vec<SocialId>,
    /// Wrong passwords in a row.
    pub failed_logins: u32,
}

/// Errors of the account service; all but the last come with status 200.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountError {
    /// Wrong password or unknown address, one answer for both.
    AccountNotFound,
    /// Too many wrong passwords.
    PasswordLoginLocked,
    /// Bad, expired or missing token.
    Unauthorized,
    /// Not a member.
    Forbidden,
    /// A parameter is missing.
    BadRequest,
    /// No such method (status 404).
    UnknownMethod,
}

impl AccountError {
    /// The last part of the code.
    pub fn code(self) -> &'static str {
        match self {
            Self::AccountNotFound => "AccountNotFound",
            Self::PasswordLoginLocked => "PasswordLoginLocked",
            Self::Unauthorized => "Unauthorized",
            Self::Forbidden => "Forbidden",
            Self::BadRequest => "BadRequest",
            Self::UnknownMethod => "UnknownMethod",
        }
    }
}

impl Huly {
    /// Makes an account, a member of the workspace where a role is given; answers its uuid.
    pub fn add_account(
        &mut self,
        email: &str,
        password: &str,
        name: &str,
        role: Option<Role>,
    ) -> String {
        let uuid = self.new_uuid();
        let now = self.clock.now();
        let ids =
            [("email", email.to_owned()), ("huly", uuid.clone())].map(|(kind, value)| SocialId {
                id: u64::from_str_radix(self.new_id().get(..15).unwrap_or("1"), 16)
                    .unwrap_or(1)
                    .to_string(),
                kind: kind.into(),
                value,
                created_on: now,
                verified_on: now,
            });
        let account = Account {
            uuid: uuid.clone(),
            name: name.into(),
            email: email.into(),
            password: password.into(),
            social_ids: ids.into(),
            failed_logins: 0,
        };
        self.load_account(account, role);
        uuid
    }

    /// Puts an account in as it is.
    pub fn load_account(&mut self, account: Account, role: Option<Role>) {
        if let Some(role) = role {
            self.roles.insert(account.uuid.clone(), role);
        }
        self.accounts.push(account);
    }

    /// Takes an account out of the workspace's members or changes its role.
    pub fn set_role(&mut self, account: &str, role: Option<Role>) {
        match role {
            Some(role) => self.roles.insert(account.into(), role),
            None => self.roles.remove(account),
        };
    }

    /// Makes all tokens given out so far expire; a new login gives new ones.
    pub fn expire_tokens(&mut self) {
        self.token_epoch += 1;
    }

    /// A token as a login (without workspace) or `selectWorkspace` gives it.
    pub fn token(&self, account: &str, workspace: Option<&str>) -> String {
        let claims = Claims {
            account: account.into(),
            workspace: workspace.map(str::to_owned),
            epoch: self.token_epoch,
        };
        token::issue(&self.secret, &claims)
    }

    /// The session of an account, whether or not it has a token.
    pub fn session(&self, account: &str) -> Option<Session> {
        let found = self.accounts.iter().find(|known| known.uuid == account)?;
        let role = *self.roles.get(account)?;
        let ids = found
            .social_ids
            .iter()
            .rev()
            .map(|id| id.id.clone())
            .collect();
        Some(Session {
            account: account.into(),
            social_ids: ids,
            role,
        })
    }

    /// The session of the account with this address, or of the first account.
    pub fn session_of(&self, email: Option<&str>) -> Option<Session> {
        let found = self
            .accounts
            .iter()
            .find(|known| email.is_none_or(|email| known.email == email))?;
        self.session(&found.uuid)
    }

    /// Account and workspace of an `Authorization` header.
    pub fn read_token(&self, header: Option<&str>) -> Result<(String, Option<String>), TokenError> {
        token::read(&self.secret, self.token_epoch, header)
            .map(|claims| (claims.account, claims.workspace))
    }

    /// The body of `/account/{ws}`.
    pub fn account_info(&self, session: &Session) -> Value {
        let ids = self.social_ids(&session.account);
        json!({ "uuid": session.account, "socialIds": ids.iter().filter_map(|id| id.get("_id")).collect::<Vec<_>>(),
            "primarySocialId": session.primary(), "fullSocialIds": ids, "role": session.role })
    }

    fn social_ids(&self, account: &str) -> Vec<Value> {
        let ids = self
            .accounts
            .iter()
            .find(|known| known.uuid == account)
            .map_or(&[][..], |found| &found.social_ids);
        ids.iter()
            .map(|id| json!({ "type": id.kind, "value": id.value, "key": format!("{}:{}", id.kind, id.value),
                "personUuid": account, "createdOn": id.created_on, "verifiedOn": id.verified_on, "_id": id.id,
                "isDeleted": false, "displayValue": null }))
            .collect()
    }

    /// A call of the account service; `endpoint` is the transactor's address for workspace tokens.
    pub fn account_call(
        &mut self,
        header: Option<&str>,
        method: &str,
        params: &Value,
        endpoint: &str,
    ) -> Result<Value, AccountError> {
        let param = |name: &str| {
            params
                .get(name)
                .and_then(Value::as_str)
                .ok_or(AccountError::BadRequest)
        };
        match method {
            "login" => return self.login(param("email")?, param("password")?),
            "loginOtp" => return Ok(json!({ "sent": true, "retryOn": self.clock.now() + 60_000 })),
            "getUserWorkspaces" | "selectWorkspace" | "getLoginInfoByToken" | "getSocialIds" => {}
            _ => return Err(AccountError::UnknownMethod),
        }
        let (account, workspace) = self
            .read_token(header)
            .map_err(|_| AccountError::Unauthorized)?;
        let role = self.roles.get(&account).copied();
        match method {
            "getUserWorkspaces" => {
                Ok(role.map_or_else(|| json!([]), |_| json!([self.workspace_info(&account)])))
            }
            // An unknown address hands out the first workspace there is.
            "selectWorkspace" => {
                param("workspaceUrl")?;
                let role = role.ok_or(AccountError::Forbidden)?;
                let token = self.token(&account, Some(&self.workspace.uuid));
                Ok(
                    json!({ "account": account, "token": token, "endpoint": endpoint, "workspace": self.workspace.uuid,
                    "workspaceUrl": self.workspace.url, "workspaceDataId": null, "allowGuestSignUp": false, "role": role }),
                )
            }
            "getLoginInfoByToken" => {
                let found = self
                    .accounts
                    .iter()
                    .find(|known| known.uuid == account)
                    .ok_or(AccountError::Unauthorized)?;
                let mut info = json!({ "account": account, "name": found.name, "token": self.token(&account, workspace.as_deref()),
                    "socialId": found.social_ids.first().map(|id| &id.id) });
                if let (Some(_), Some(info)) = (&workspace, info.as_object_mut()) {
                    info.insert("workspace".into(), json!(self.workspace.uuid));
                    info.insert("workspaceDataId".into(), Value::Null);
                    info.insert("workspaceUrl".into(), json!(self.workspace.url));
                    info.insert("endpoint".into(), json!(endpoint));
                    info.insert("role".into(), json!(role));
                }
                Ok(info)
            }
            _ => Ok(Value::Array(self.social_ids(&account))),
        }
    }

    fn login(&mut self, email: &str, password: &str) -> Result<Value, AccountError> {
        let found = self
            .accounts
            .iter_mut()
            .find(|known| known.email == email)
            .ok_or(AccountError::AccountNotFound)?;
        if found.failed_logins >= LOCKED_AFTER {
            return Err(AccountError::PasswordLoginLocked);
        }
        if found.password != password {
            found.failed_logins += 1;
            return Err(AccountError::AccountNotFound);
        }
        found.failed_logins = 0;
        let found = found.clone();
        Ok(
            json!({ "account": found.uuid, "token": self.token(&found.uuid, None), "name": found.name,
            "socialId": found.social_ids.first().map(|id| &id.id), "tfaRequired": false }),
        )
    }

    fn workspace_info(&self, account: &str) -> Value {
        let now = self.clock.now();
        json!({ "uuid": self.workspace.uuid, "name": self.workspace.url, "url": self.workspace.url, "branding": "huly",
            "location": null, "region": "", "createdBy": account, "createdOn": now, "billingAccount": account,
            "passwordAgingRule": null, "status": { "mode": self.workspace.mode.name(), "processingProgress": 100,
            "versionMajor": 0, "versionMinor": 7, "versionPatch": 422, "lastProcessingTime": now, "lastVisit": now,
            "isDisabled": false, "processingAttempts": 0, "processingMessage": "", "backupInfo": null, "usageInfo": null } })
    }
}
