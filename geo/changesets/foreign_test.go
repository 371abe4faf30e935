package changesets_test

import (
	"context"
	"crypto/rand"
	"strings"
	"testing"

	"haidang"
	"haidang/geo/catalogue"
	"haidang/geo/changesets"
	"haidang/internal/postgres/pgtest"
)

// In a database restored without privileges, by a user who may not make roles, nobody
// can edit: neither we, which is said with the cure, nor whoever calls the functions.
func TestNobodyEditsWithoutTheRole(t *testing.T) {
	t.Parallel()
	h := newHouse(t, catalogue.ReviewNone)
	user := "outsider_" + strings.ToLower(rand.Text()[:8])
	t.Cleanup(func() {
		_, _ = h.pool.Exec(context.WithoutCancel(t.Context()), `REASSIGN OWNED BY `+user+` TO CURRENT_USER; DROP OWNED BY `+user+`; DROP ROLE `+user)
	})
	h.exec(`CREATE ROLE ` + user + ` NOLOGIN; GRANT ALL ON ALL TABLES IN SCHEMA public TO ` + user)
	h.exec(`DO $$ DECLARE f record; BEGIN
		FOR f IN SELECT oid::regprocedure AS name FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND proname ~ '^changeset_' AND prosecdef LOOP
			EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO PUBLIC; ALTER FUNCTION %1$s OWNER TO ` + user + `', f.name);
		END LOOP; END $$`)
	h.exec(`DELETE FROM editor_role`) // another cluster has no such role
	pool := pgtest.As(t, h.pool, user)
	editor, err := changesets.Open(t.Context(), pool)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(editor.Close)
	_, err = editor.Begin(t.Context(), "lan", h.layer, "thử", changesets.Page)
	if h.wants(err, haidang.ErrUnavailable); editor.Able() || !strings.Contains(err.Error(), "CREATEROLE") {
		t.Error(err)
	}
	var open int
	h.scan(`SELECT count(*) FROM pg_proc, aclexplode(coalesce(proacl, acldefault('f', proowner))) a WHERE proname ~ '^changeset_' AND prosecdef AND a.grantee = 0`, &open)
	if open != 0 {
		t.Errorf("%d functions are open to everybody", open)
	}
}
