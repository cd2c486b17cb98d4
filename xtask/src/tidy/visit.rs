//! Walks one parsed file: functions, public items, where its tests are.

use std::ops::RangeInclusive;

use syn::{
    Attribute, Fields, File, ImplItemFn, ItemFn, ItemImpl, ItemMod, Meta, Signature, TraitItem,
    TraitItemFn, Visibility,
    spanned::Spanned,
    visit::{self, Visit},
};

use super::source::{Function, PublicItem};

/// What the walk saw.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// Functions with a body, closures not among them.
    pub(super) functions: Vec<Function>,
    /// Public items outside tests.
    pub(super) public: Vec<PublicItem>,
    /// Lines of inline test modules and of test functions.
    pub(super) tests: Vec<RangeInclusive<usize>>,
}

/// Walks a file. Without a library, `pub(crate)` counts as public: it is as public as an item can be there.
pub(super) fn visit(file: &File, library: bool) -> Seen {
    let mut walk = Walk {
        library,
        in_test: has_cfg_test(&file.attrs),
        seen: Seen::default(),
    };
    if walk.in_test {
        walk.seen.tests.push(1..=usize::MAX);
    } else {
        walk.item("the file's page", 1, &file.attrs);
    }
    walk.visit_file(file);
    walk.seen
}

/// The places of modules that stand in other files and are only for tests: paths without `.rs`.
pub(super) fn test_modules(path: &str, file: &File) -> Vec<String> {
    let stem = path.strip_suffix(".rs").unwrap_or(path);
    let dir = match stem.rsplit_once('/') {
        Some((dir, "mod" | "lib" | "main")) => dir,
        _ => stem,
    };
    file.items
        .iter()
        .filter_map(|item| match item {
            syn::Item::Mod(module) if module.content.is_none() && has_cfg_test(&module.attrs) => {
                Some(format!("{dir}/{}", module.ident))
            }
            _ => None,
        })
        .collect()
}

struct Walk {
    library: bool,
    in_test: bool,
    seen: Seen,
}

impl Walk {
    fn is_public(&self, visibility: &Visibility) -> bool {
        match visibility {
            Visibility::Public(_) => true,
            Visibility::Restricted(_) => !self.library,
            Visibility::Inherited => false,
        }
    }

    fn item(&mut self, name: &(impl ToString + ?Sized), line: usize, attributes: &[Attribute]) {
        if !self.in_test {
            self.seen.public.push(PublicItem {
                name: name.to_string(),
                line,
                documented: attributes.iter().any(|one| one.path().is_ident("doc")),
            });
        }
    }

    fn public(&mut self, visibility: &Visibility, name: &syn::Ident, attributes: &[Attribute]) {
        if self.is_public(visibility) {
            self.item(name, line(name), attributes);
        }
    }

    fn fields(&mut self, of_enum: bool, fields: &Fields) {
        // the fields of a tuple have no names to explain
        let Fields::Named(fields) = fields else {
            return;
        };
        for field in &fields.named {
            if let Some(name) = &field.ident
                && (of_enum || self.is_public(&field.vis))
            {
                self.item(name, line(name), &field.attrs);
            }
        }
    }

    fn function(&mut self, attributes: &[Attribute], signature: &Signature, body: &syn::Block) {
        let first = signature.span().start().line;
        let last = body.span().end().line;
        let is_test = attributes.iter().any(|one| {
            one.path()
                .segments
                .last()
                .is_some_and(|name| name.ident == "test")
        });
        if is_test && !self.in_test {
            self.seen.tests.push(first..=last);
        }
        self.seen.functions.push(Function {
            name: signature.ident.to_string(),
            line: first,
            lines: last + 1 - first,
            test: self.in_test || is_test,
        });
    }
}

impl<'ast> Visit<'ast> for Walk {
    fn visit_item_mod(&mut self, module: &'ast ItemMod) {
        let outside = self.in_test;
        if has_cfg_test(&module.attrs) {
            self.in_test = true;
            if !outside {
                let range = module.span().start().line..=module.span().end().line;
                self.seen.tests.push(range);
            }
        }
        // a module in a file of its own has its page there
        if module.content.is_some() {
            self.public(&module.vis, &module.ident, &module.attrs);
        }
        visit::visit_item_mod(self, module);
        self.in_test = outside;
    }

    fn visit_item_fn(&mut self, function: &'ast ItemFn) {
        self.public(&function.vis, &function.sig.ident, &function.attrs);
        self.function(&function.attrs, &function.sig, &function.block);
        visit::visit_item_fn(self, function);
    }

    fn visit_item_impl(&mut self, of: &'ast ItemImpl) {
        if of.trait_.is_none() {
            for item in &of.items {
                match item {
                    syn::ImplItem::Fn(one) => self.public(&one.vis, &one.sig.ident, &one.attrs),
                    syn::ImplItem::Const(one) => self.public(&one.vis, &one.ident, &one.attrs),
                    _ => {}
                }
            }
        }
        visit::visit_item_impl(self, of);
    }

    fn visit_impl_item_fn(&mut self, function: &'ast ImplItemFn) {
        self.function(&function.attrs, &function.sig, &function.block);
        visit::visit_impl_item_fn(self, function);
    }

    fn visit_trait_item_fn(&mut self, function: &'ast TraitItemFn) {
        if let Some(body) = &function.default {
            self.function(&function.attrs, &function.sig, body);
        }
        visit::visit_trait_item_fn(self, function);
    }

    fn visit_item_struct(&mut self, item: &'ast syn::ItemStruct) {
        self.public(&item.vis, &item.ident, &item.attrs);
        if self.is_public(&item.vis) {
            self.fields(false, &item.fields);
        }
    }

    fn visit_item_enum(&mut self, item: &'ast syn::ItemEnum) {
        self.public(&item.vis, &item.ident, &item.attrs);
        if self.is_public(&item.vis) {
            for variant in &item.variants {
                self.item(&variant.ident, line(&variant.ident), &variant.attrs);
                self.fields(true, &variant.fields);
            }
        }
    }

    fn visit_item_trait(&mut self, item: &'ast syn::ItemTrait) {
        self.public(&item.vis, &item.ident, &item.attrs);
        if self.is_public(&item.vis) {
            for one in &item.items {
                match one {
                    TraitItem::Fn(one) => self.item(&one.sig.ident, line(one), &one.attrs),
                    TraitItem::Const(one) => self.item(&one.ident, line(one), &one.attrs),
                    TraitItem::Type(one) => self.item(&one.ident, line(one), &one.attrs),
                    _ => {}
                }
            }
        }
        visit::visit_item_trait(self, item);
    }

    fn visit_item_const(&mut self, item: &'ast syn::ItemConst) {
        self.public(&item.vis, &item.ident, &item.attrs);
        visit::visit_item_const(self, item);
    }

    fn visit_item_static(&mut self, item: &'ast syn::ItemStatic) {
        self.public(&item.vis, &item.ident, &item.attrs);
    }

    fn visit_item_type(&mut self, item: &'ast syn::ItemType) {
        self.public(&item.vis, &item.ident, &item.attrs);
    }

    fn visit_item_macro(&mut self, item: &'ast syn::ItemMacro) {
        if let Some(name) = &item.ident
            && item
                .attrs
                .iter()
                .any(|one| one.path().is_ident("macro_export"))
        {
            self.item(name, line(name), &item.attrs);
        }
    }
}

fn line(of: &impl Spanned) -> usize {
    of.span().start().line
}

/// `#[cfg(test)]`, alone or as a part of `all(..)`.
fn has_cfg_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|one| match &one.meta {
        Meta::List(list) if list.path.is_ident("cfg") => {
            let words = list.tokens.to_string();
            words == "test" || (words.starts_with("all") && words.contains("test"))
        }
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(text: &str, library: bool) -> Seen {
        visit(&syn::parse_file(text).unwrap(), library)
    }

    fn bare(text: &str, library: bool) -> Vec<String> {
        seen(text, library)
            .public
            .into_iter()
            .filter(|item| !item.documented)
            .map(|item| format!("{}:{}", item.name, item.line))
            .collect()
    }

    #[test]
    fn every_kind_of_public_item_without_documentation_is_seen() {
        let text = "//! Page.\npub fn a() {}\npub struct B { pub c: u8, d: u8 }\npub enum E { F { g: u8 }, H(u8) }\npub trait I { fn j(); }\npub const K: u8 = 1;\npub type L = u8;\nimpl B { pub fn m() {} fn n() {} }\npub mod o {}\n#[macro_export]\nmacro_rules! p { () => {} }\npub static Q: u8 = 1;";
        assert_eq!(
            bare(text, true).join(" "),
            "a:2 B:3 c:3 E:4 F:4 g:4 H:4 I:5 j:5 K:6 L:7 m:8 o:9 p:11 Q:12"
        );
    }

    #[test]
    fn what_is_documented_private_a_test_or_of_a_trait_is_not_missed() {
        let text = "//! Page.\n/// Says.\npub fn a() {}\nfn b() {}\npub(crate) fn c() {}\nimpl Clone for D { fn clone(&self) -> D { D } }\nstruct D;\n#[cfg(test)]\nmod tests { pub fn e() {} }\npub mod elsewhere;\npub use a as f;";
        assert_eq!(bare(text, true), [""; 0]);
        assert_eq!(bare(text, false), ["c:5"]);
        assert_eq!(bare("fn a() {}", true), ["the file's page:1"]);
    }

    #[test]
    fn functions_are_measured_from_their_first_line_to_their_last() {
        let text = "//! Page.\nimpl A {\n    /// Says.\n    #[must_use]\n    pub fn a(\n        self,\n    ) {\n        fn inner() {}\n    }\n}\n#[tokio::test]\nasync fn t() {\n}\n";
        let functions: Vec<_> = seen(text, true)
            .functions
            .into_iter()
            .map(|one| (one.name, one.line, one.lines, one.test))
            .collect();
        assert_eq!(
            functions,
            [
                ("a".to_owned(), 5, 5, false),
                ("inner".to_owned(), 8, 1, false),
                ("t".to_owned(), 12, 2, true)
            ]
        );
    }

    #[test]
    fn test_modules_in_files_of_their_own_are_found_where_rust_looks_for_them() {
        let parsed = syn::parse_file("#[cfg(test)]\nmod tests;\nmod other;").unwrap();
        assert_eq!(test_modules("c/src/lib.rs", &parsed), ["c/src/tests"]);
        assert_eq!(test_modules("c/src/a/mod.rs", &parsed), ["c/src/a/tests"]);
        assert_eq!(test_modules("c/src/a.rs", &parsed), ["c/src/a/tests"]);
    }
}
