package changesets

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"haidang"
	"haidang/geo/catalogue"
	"haidang/internal/postgres"
)

// detail is what the database says of a refusal.
type detail struct {
	State   string `json:"state"`
	What    string `json:"what"`
	Whose   string `json:"whose"` // right; empty: of who asks
	FID     int64  `json:"fid"`
	Version int64  `json:"version"`
	Got     any    `json:"got"`
	Want    string `json:"want"`
	Most    int    `json:"most"`
	First   int64  `json:"first"`
	Denied  []struct {
		FID int64  `json:"fid"`
		Why string `json:"why"`
	} `json:"denied"`
	Conflicts []Conflict `json:"conflicts"`
}

// states as people know them.
var stateNames = map[State]haidang.Text{
	Draft: {VI: "bản nháp", EN: "a draft"}, Submitted: {VI: "đã gửi duyệt", EN: "submitted"}, Approved: {VI: "đã duyệt", EN: "approved"},
	Applied: {VI: "đã áp dụng", EN: "applied"}, Rejected: {VI: "bị trả lại", EN: "rejected"}, Reverted: {VI: "đã hoàn tác", EN: "reverted"}, Dropped: {VI: "đã bỏ", EN: "dropped"},
}

// errCheckAgain says that the layer has changed since it was looked at.
var errCheckAgain = errors.New("the layer has changed since the check")

// refuse turns a refusal of the database into a sentence.
func refuse(l catalogue.Layer, err error) error {
	e, ok := errors.AsType[*pgconn.PgError](err)
	switch {
	case err == nil:
		return nil
	case !ok:
		return fmt.Errorf("edit layer %s: %w", l.Slug, err)
	case postgres.IsLocked(err) || e.Code == "57014" || e.Code == "40P01" || e.Code == "40001":
		return caused(err, haidang.Refuse(haidang.ErrUnavailable, "Lớp đang có thay đổi lớn; hãy thử lại sau ít phút. Chưa có gì bị mất.", "The layer is busy with a large change; try again in a few minutes. Nothing was lost."))
	case !strings.HasPrefix(e.Code, "HD"):
		return refuseValue(l, e)
	}
	if e.Message == "check again" {
		return errCheckAgain
	}
	var d detail
	_ = json.Unmarshal([]byte(e.Detail), &d) // without it the sentence is general
	return caused(err, sentence(l, e.Message, d))
}

func caused(cause error, e *haidang.Error) error {
	e.Cause = cause
	return e
}

// sentence words a refusal by its kind (migrations 00027 to 00030).
func sentence(l catalogue.Layer, kind string, d detail) *haidang.Error {
	switch kind {
	case "no changeset":
		return haidang.Refuse(haidang.ErrNotFound, "Không có gói thay đổi này, hoặc bạn không được xem.", "There is no such changeset, or you may not see it.")
	case "no feature", "no version", "no edit":
		return haidang.Refuse(haidang.ErrNotFound, fmt.Sprintf("Đối tượng %d không còn trong lớp %s.", d.FID, l.Title.VI), fmt.Sprintf("Feature %d is not in the layer %s any more.", d.FID, l.Title.EN))
	case "moved":
		return haidang.Refuse(haidang.ErrStale, "Gói thay đổi này vừa được sửa ở nơi khác. Hãy tải lại rồi làm tiếp.", "This changeset was changed elsewhere. Load it again, then go on.")
	case "state":
		name := stateNames[State(d.State)]
		return haidang.Refuse(haidang.ErrConflict, fmt.Sprintf("Không làm được: gói thay đổi nay %s. Hãy tải lại để xem.", name.VI), fmt.Sprintf("That cannot be done: the changeset is %s by now. Load it again.", name.EN))
	case "rights", "not the author", "own":
		return refuseRight(l, kind, d)
	case "conflict":
		return &haidang.Error{Code: haidang.ErrConflict, Field: "conflicts", Text: conflictText(l, d.Conflicts)}
	case "altered":
		return haidang.Refuse(haidang.ErrConflict, "Nội dung gói thay đổi không còn như lúc gửi duyệt; không áp dụng gì. Tác giả hãy mở lại và gửi lại.",
			"The changeset is no longer as it was submitted; nothing was applied. Its author should reopen and submit it again.")
	case "moved on":
		return haidang.Refuse(haidang.ErrStale, fmt.Sprintf("Đối tượng %d vừa được sửa tiếp (nay là bản %d). Hãy tải lại và xem cả hai bản rồi chọn.", d.FID, d.Version),
			fmt.Sprintf("Feature %d was changed again (it is at version %d). Load it again, look at both, then choose.", d.FID, d.Version))
	case "goes with":
		return haidang.Refuse(haidang.ErrConflict, fmt.Sprintf("Gói này là một phần của một việc; hãy hoàn tác cả việc ấy ở gói thay đổi %d.", d.First),
			fmt.Sprintf("This changeset is a part of one piece of work: revert all of it, at changeset %d.", d.First))
	case "so already":
		return haidang.Refuse(haidang.ErrConflict, "Đối tượng đã đúng như bản ấy.", "The feature is so already.")
	case "there already":
		return haidang.Refuse(haidang.ErrConflict, fmt.Sprintf("Đã có đối tượng %d.", d.FID), fmt.Sprintf("There is a feature %d already.", d.FID))
	case "no history":
		return haidang.Refuse(haidang.ErrConflict, "Lớp "+l.Title.VI+" không sửa được ở đây.", "The layer "+l.Title.EN+" cannot be edited here.")
	}
	return refuseContent(l, kind, d)
}

func refuseContent(l catalogue.Layer, kind string, d detail) *haidang.Error {
	switch kind {
	case "empty":
		return haidang.RefuseField("edits", "Gói thay đổi chưa có gì để gửi.", "There is nothing in the changeset yet.")
	case "problems":
		return &haidang.Error{Code: haidang.ErrBlocked, Field: "problems", Text: haidang.Text{VI: "Còn lỗi hình học phải sửa trước khi gửi; xem danh sách lỗi.", EN: "There are problems that must be mended before it can be submitted; see their list."}}
	case "geometry":
		return haidang.RefuseField("geometry", fmt.Sprintf("Lớp %s chứa %s, không nhận %v.", l.Title.VI, d.Want, d.Got), fmt.Sprintf("The layer %s holds %s and does not take %v.", l.Title.EN, d.Want, d.Got))
	case "no geometry":
		return haidang.RefuseField("geometry", "Đối tượng mới phải có hình.", "A new feature needs a geometry.")
	case "place":
		return haidang.RefuseField("geometry", "Toạ độ nằm ngoài Việt Nam và vùng lân cận. Hãy xem lại hệ toạ độ và thứ tự X, Y.", "The coordinates lie outside Vietnam and its surroundings. Look at the coordinate system and the order of X and Y.")
	case "all vertices":
		return haidang.RefuseField("edits", fmt.Sprintf("Các hình trong gói có hơn %d đỉnh. Hãy chia thành nhiều gói, hoặc nhập lớp từ tệp.", d.Most), fmt.Sprintf("The shapes of the changeset have more than %d vertices. Divide it, or import the layer from a file.", d.Most))
	case "too much to revert":
		return haidang.RefuseField("edits", fmt.Sprintf("Gói này đổi hơn %d đối tượng nên không hoàn tác ở đây được. Hãy nhập lại bản trước từ tệp.", d.Most), fmt.Sprintf("This changeset changed more than %d features and cannot be reverted here. Import what was before from a file.", d.Most))
	case "drafts":
		return haidang.RefuseField("layer", fmt.Sprintf("Bạn đang có %d bản nháp. Hãy gửi hoặc bỏ bớt.", d.Most), fmt.Sprintf("You have %d drafts. Hand some in, or drop them.", d.Most))
	case "vertices":
		return haidang.RefuseField("geometry", fmt.Sprintf("Hình có %v đỉnh; nhiều nhất %d. Hãy nhập lớp từ tệp thay vì sửa tay.", d.Got, d.Most), fmt.Sprintf("The shape has %v vertices; at most %d. Import the layer from a file instead.", d.Got, d.Most))
	case "edits":
		return haidang.RefuseField("edits", fmt.Sprintf("Một gói có nhiều nhất %d thay đổi. Hãy nhập lớp từ tệp thay vì sửa tay.", d.Most), fmt.Sprintf("A changeset holds at most %d edits. Import the layer from a file instead.", d.Most))
	case "period":
		return haidang.RefuseField("valid_until", "Ngày hết hiệu lực phải sau ngày đầu.", "The end must be after the first day.")
	case "notes":
		return haidang.RefuseField("text", fmt.Sprintf("Gói này đã có %d lời bàn, không nhận thêm.", d.Most), fmt.Sprintf("The changeset has %d comments and takes no more.", d.Most))
	case "undecided":
		return haidang.RefuseField("take", "Còn xung đột chưa chọn giữ của ai.", "There is a conflict for which nothing was chosen.")
	}
	return haidang.Refuse(haidang.ErrInternal, "Hệ thống gặp lỗi khi sửa lớp.", "The layer could not be edited.")
}

func refuseRight(l catalogue.Layer, kind string, d detail) *haidang.Error {
	switch {
	case kind == "not the author":
		return haidang.Refuse(haidang.ErrForbidden, "Chỉ tác giả được sửa gói thay đổi này.", "Only its author may change this changeset.")
	case kind == "own":
		return haidang.Refuse(haidang.ErrForbidden, "Không ai tự duyệt thay đổi của mình; hãy nhờ người khác duyệt.", "Nobody approves their own changes; ask somebody else to.")
	case d.Whose != "":
		return refuseAuthor(d)
	case len(d.Denied) > 0 && d.Denied[0].Why == "area":
		return haidang.Refuse(haidang.ErrForbidden, fmt.Sprintf("Đối tượng %d nằm ngoài (hoặc bị dời ra ngoài) địa bàn của bạn; không thay đổi gì.", d.Denied[0].FID),
			fmt.Sprintf("Feature %d lies outside your area, or would be moved out of it; nothing was changed.", d.Denied[0].FID))
	case len(d.Denied) > 0 && d.Denied[0].Why == "columns":
		return haidang.Refuse(haidang.ErrForbidden, fmt.Sprintf("Bạn không được sửa cột này của đối tượng %d; không thay đổi gì.", d.Denied[0].FID),
			fmt.Sprintf("You may not change that column of feature %d; nothing was changed.", d.Denied[0].FID))
	case d.What == "review":
		return haidang.Refuse(haidang.ErrForbidden, "Bạn không có quyền duyệt lớp "+l.Title.VI+".", "You have no right to review the layer "+l.Title.EN+".")
	}
	return haidang.Refuse(haidang.ErrForbidden, "Bạn không có quyền sửa lớp "+l.Title.VI+". Hãy hỏi cơ quan chủ quản của lớp.", "You have no right to edit the layer "+l.Title.EN+". Ask the agency that owns it.")
}

// refuseAuthor tells a reviewer that it is the author who may not do it any more.
func refuseAuthor(d detail) *haidang.Error {
	what := haidang.Text{VI: "không còn quyền sửa lớp này", EN: "may not edit this layer any more"}
	if len(d.Denied) > 0 {
		fid := d.Denied[0].FID
		switch d.Denied[0].Why {
		case "area":
			what = haidang.Text{VI: fmt.Sprintf("không còn quyền ở nơi có đối tượng %d", fid), EN: fmt.Sprintf("has no right where feature %d lies any more", fid)}
		case "columns":
			what = haidang.Text{VI: fmt.Sprintf("không còn được sửa cột này của đối tượng %d", fid), EN: fmt.Sprintf("may not change that column of feature %d any more", fid)}
		}
	}
	return haidang.Refuse(haidang.ErrForbidden, fmt.Sprintf("Tác giả (%s) %s; không áp dụng gì. Hãy trả lại gói này, hoặc hỏi cơ quan chủ quản của lớp.", d.Whose, what.VI),
		fmt.Sprintf("The author (%s) %s; nothing was applied. Reject the changeset, or ask the agency that owns the layer.", d.Whose, what.EN))
}

func conflictText(l catalogue.Layer, list []Conflict) haidang.Text {
	if len(list) == 0 {
		return haidang.Text{VI: "Người khác vừa sửa cùng chỗ.", EN: "Somebody else has changed the same."}
	}
	c := list[0]
	field := haidang.Text{VI: "hình", EN: "the geometry"}
	if column, ok := l.Column(c.Field); ok {
		field = column.Label
	} else if c.Field == wholeFeature {
		field = haidang.Text{VI: "cả đối tượng", EN: "the whole feature"}
	}
	return haidang.Text{VI: fmt.Sprintf("Người khác vừa sửa cùng chỗ: %s của đối tượng %d (%d xung đột). Hãy xem cả hai bản rồi chọn; việc bạn làm vẫn còn trong bản nháp.", field.VI, c.FID, len(list)),
		EN: fmt.Sprintf("Somebody else has changed the same: %s of feature %d (%d conflicts). Look at both and choose; what you did is kept in the draft.", field.EN, c.FID, len(list))}
}

// doubled finds columns and values in what PostgreSQL says of a double, in whatever language.
var doubled = regexp.MustCompile(`\((.+)\)=\((.*)\)`)

func refuseDouble(l catalogue.Layer, said string) *haidang.Error {
	refusal := haidang.Refuse(haidang.ErrConflict, "Đã có một đối tượng với giá trị ấy; giá trị này không được trùng.", "There is a feature with that value already; it may not be there twice.")
	found := doubled.FindStringSubmatch(said)
	if found == nil {
		return refusal
	}
	var label haidang.Text
	for i, name := range strings.Split(found[1], ", ") {
		c, ok := l.Column(strings.Trim(name, `"`))
		if c.Label == (haidang.Text{}) {
			c.Label = haidang.Text{VI: name, EN: name}
		}
		if i > 0 {
			label.VI, label.EN = label.VI+", ", label.EN+", "
		} else if ok {
			refusal.Field = c.Name
		}
		label.VI, label.EN = label.VI+c.Label.VI, label.EN+c.Label.EN
	}
	refusal.Text = haidang.Text{VI: fmt.Sprintf("Đã có một đối tượng với %s là %s; giá trị này không được trùng.", label.VI, found[2]),
		EN: fmt.Sprintf("There is a feature whose %s is %s already; it may not be there twice.", label.EN, found[2])}
	return refusal
}

// refuseValue words what a column or constraint of the layer does not take.
func refuseValue(l catalogue.Layer, e *pgconn.PgError) error {
	switch e.Code {
	case "22000": // bounds of a range
		return caused(e, sentence(l, "period", detail{}))
	case "23502":
		return caused(e, haidang.RefuseField(e.ColumnName, "Cột này bắt buộc phải có giá trị.", "This column must have a value."))
	case "23505":
		return caused(e, refuseDouble(l, e.Detail))
	case "23514":
		return caused(e, haidang.RefuseField("properties", "Giá trị không được phép ("+e.ConstraintName+").", "The value is not allowed ("+e.ConstraintName+")."))
	case "XX000", "22023":
		if strings.HasPrefix(e.Message, "transform") { // east and north, or longitude and latitude, changed places
			return caused(e, sentence(l, "place", detail{}))
		}
		return caused(e, haidang.RefuseField("geometry", "Hình học không hợp với lớp: "+e.Message, "The geometry does not fit the layer: "+e.Message))
	}
	if strings.HasPrefix(e.Code, "22") { // whatever else a value cannot be
		return caused(e, haidang.RefuseField("properties", "Giá trị không hợp với cột: "+e.Message, "The value does not fit the column: "+e.Message))
	}
	return fmt.Errorf("edit layer %s: %w", l.Slug, e)
}
