//! Persons and the identities by which they are known.

use serde_json::{Value, json};

use super::classes::Domain;
use super::model::stamp;
use super::{Doc, Huly, Session, text};

impl Huly {
    /// Makes sure that a person with this address is known; answers `uuid`, `socialId` and the person's document.
    pub fn ensure_person(
        &mut self,
        session: &Session,
        kind: &str,
        value: &str,
        first: &str,
        last: &str,
    ) -> Value {
        let key = format!("{kind}:{value}");
        let known = self
            .table(Domain::Channel)
            .find(|doc| text(doc, "key") == key);
        if let Some(known) = known {
            let person = text(known, "attachedTo");
            let uuid = self
                .get(Domain::Contact, person)
                .map_or("", |person| text(person, "personUuid"));
            return json!({ "uuid": uuid, "socialId": text(known, "_id"), "localPerson": person });
        }
        let owner = self
            .accounts
            .iter()
            .find(|account| account.email == value)
            .map(|account| account.uuid.clone());
        let uuid = owner.unwrap_or_else(|| self.new_uuid());
        let social = self
            .accounts
            .iter()
            .flat_map(|account| &account.social_ids)
            .find(|id| id.kind == kind && id.value == value);
        let social = social.map(|id| id.id.clone());
        let (person, profile, fresh) = (self.new_id(), self.new_id(), self.new_id());
        let social = social.unwrap_or_else(|| {
            u64::from_str_radix(fresh.get(..15).unwrap_or("1"), 16)
                .unwrap_or(1)
                .to_string()
        });
        let now = self.clock.now();
        let mut doc = Doc::new();
        doc.extend([
            ("name".to_owned(), json!(format!("{last},{first}"))),
            ("profile".into(), json!(profile)),
            ("socialIds".into(), json!(1)),
            ("avatarType".into(), json!("color")),
            ("personUuid".into(), json!(uuid)),
        ]);
        stamp(
            &mut doc,
            &person,
            "contact:class:Person",
            "contact:space:Contacts",
            now,
            session.primary(),
        );
        self.load(doc);
        let mut doc = Doc::new();
        doc.extend([
            ("key".to_owned(), json!(key)),
            ("type".into(), json!(kind)),
            ("value".into(), json!(value)),
            ("isDeleted".into(), json!(false)),
            ("collection".into(), json!("socialIds")),
            ("attachedTo".into(), json!(person)),
            ("attachedToClass".into(), json!("contact:class:Person")),
        ]);
        stamp(
            &mut doc,
            &social,
            "contact:class:SocialIdentity",
            "contact:space:Contacts",
            now,
            session.primary(),
        );
        self.load(doc);
        json!({ "uuid": uuid, "socialId": social, "localPerson": person })
    }
}
