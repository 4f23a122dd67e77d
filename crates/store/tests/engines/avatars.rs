//! People's pictures: one for each person, leased while it is fetched, gone when another takes its place.

use crate::house::{House, NOW, later, person};
use magpie_domain::AvatarId;
use magpie_store::avatars::{self, Avatar, StoredPicture};
use magpie_store::users;

fn name(number: u8) -> AvatarId {
    AvatarId::from_hash(&[number; 16])
}

fn picture() -> StoredPicture {
    StoredPicture { media_type: "image/png".to_owned(), body: vec![0x89, 0, 0xFF] }
}

/// A house in which one person's picture is expected.
async fn expecting(house: &House) {
    let mut tx = house.store.write().await.unwrap();
    let somebody = person(1);
    assert!(users::insert(&mut tx, &somebody).await.unwrap().is_won());
    avatars::expect(&mut tx, &name(1), &somebody.id, "https://a.example/1", NOW).await.unwrap();
    tx.commit().await.unwrap();
}

async fn known(house: &House, id: &AvatarId) -> Option<Avatar> {
    let mut tx = house.store.read().await.unwrap();
    avatars::find(&mut tx, id).await.unwrap()
}

#[tokio::test]
async fn a_picture_is_leased_once_kept_and_found() {
    for house in House::both().await {
        expecting(&house).await;
        assert_eq!(known(&house, &name(1)).await, Some(Avatar::Expected));
        let mut tx = house.store.write().await.unwrap();
        assert!(avatars::is_any_due(&mut tx, NOW).await.unwrap());
        let due = avatars::lease(&mut tx, NOW, later(30), 4).await.unwrap();
        assert_eq!(due.iter().map(|due| due.attempts).collect::<Vec<_>>(), [1]);
        assert_eq!(due.first().unwrap().source, "https://a.example/1");
        assert!(avatars::lease(&mut tx, NOW, later(30), 4).await.unwrap().is_empty());
        assert!(!avatars::is_any_due(&mut tx, later(29)).await.unwrap());
        avatars::keep(&mut tx, &name(1), &picture()).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(known(&house, &name(1)).await, Some(Avatar::Kept(picture())));
        let mut tx = house.store.read().await.unwrap();
        assert!(!avatars::is_any_due(&mut tx, later(9999)).await.unwrap(), "kept is done");
    }
}

#[tokio::test]
async fn what_could_not_be_had_is_tried_again_or_given_up() {
    for house in House::both().await {
        expecting(&house).await;
        let mut tx = house.store.write().await.unwrap();
        avatars::lease(&mut tx, NOW, later(30), 4).await.unwrap();
        avatars::settle(&mut tx, &name(1), Some(later(60))).await.unwrap();
        assert!(!avatars::is_any_due(&mut tx, later(59)).await.unwrap());
        let again = avatars::lease(&mut tx, later(60), later(90), 4).await.unwrap();
        assert_eq!(again.first().unwrap().attempts, 2);
        avatars::settle(&mut tx, &name(1), None).await.unwrap();
        assert!(!avatars::is_any_due(&mut tx, later(9999)).await.unwrap());
        tx.commit().await.unwrap();
        assert_eq!(known(&house, &name(1)).await, Some(Avatar::GivenUp));
    }
}

#[tokio::test]
async fn another_picture_takes_the_place_and_what_was_fetched_for_the_one_before_is_nobodys() {
    for house in House::both().await {
        expecting(&house).await;
        let mut tx = house.store.write().await.unwrap();
        avatars::lease(&mut tx, NOW, later(30), 4).await.unwrap();
        avatars::expect(&mut tx, &name(2), &person(1).id, "https://a.example/2", NOW)
            .await
            .unwrap();
        avatars::keep(&mut tx, &name(1), &picture()).await.unwrap();
        let due = avatars::lease(&mut tx, NOW, later(30), 4).await.unwrap();
        assert_eq!(due.first().unwrap().attempts, 1, "it begins anew");
        tx.commit().await.unwrap();
        assert_eq!(known(&house, &name(1)).await, None);
        assert_eq!(known(&house, &name(2)).await, Some(Avatar::Expected));
        let mut tx = house.store.write().await.unwrap();
        avatars::forget(&mut tx, &person(1).id).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(known(&house, &name(2)).await, None);
    }
}
