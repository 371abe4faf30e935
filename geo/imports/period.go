package imports

import (
	"haidang"
	"haidang/geo/catalogue"
	"haidang/geo/features"
)

// Period is when all features of a file are in force.
type Period struct {
	From  string `json:"from,omitempty" maxLength:"10" doc:"The first day, as 2021-01-31; empty: since ever"`
	Until string `json:"until,omitempty" maxLength:"10" doc:"The first day on which they are no longer in force; empty: open"`
}

// dating says where the period of each feature of a dated layer comes from: one for
// the whole file, or fields.
type dating struct {
	whole       *Period // with days as PostgreSQL writes them
	from, until int     // fields of the file; -1: none, which is open
}

// The ends of a period as columns, as features.Feature has them; each is paired with a
// field like any other.
var (
	periodFrom  = catalogue.Column{Name: features.ValidFrom, Type: catalogue.Date, Label: haidang.Text{VI: "Hiệu lực từ", EN: "Valid from"}}
	periodUntil = catalogue.Column{Name: features.ValidUntil, Type: catalogue.Date, Label: haidang.Text{VI: "Hiệu lực đến", EN: "Valid until"}}
)

// settleDating wants to know the time of each feature of a dated layer: without it a
// new plan would overwrite the one before.
func (p *plan) settleDating() error {
	if !p.layer.Dated {
		if p.Period != nil {
			return haidang.RefuseField("period", "Lớp này không có thời hạn hiệu lực.", "The features of this layer have no time of validity.")
		}
		return nil
	}
	d := &dating{from: -1, until: -1}
	p.dated = d
	if p.Period != nil {
		return d.settleWhole(*p.Period, p.Map)
	}
	var err error
	if d.from, err = p.field(periodFrom); err != nil {
		return err
	}
	if d.until, err = p.field(periodUntil); err != nil {
		return err
	}
	if d.from < 0 && d.until < 0 {
		return haidang.RefuseField("period", "Đối tượng của lớp này có thời hạn hiệu lực. Hãy ghép valid_from, valid_until với trường ngày của tệp, hoặc cho một khoảng thời gian chung cho cả tệp.",
			"The features of this layer are in force on some days only. Pair valid_from and valid_until with fields of days, or give one period for the whole file.")
	}
	return nil
}

func (d *dating) settleWhole(w Period, mapped map[string]string) error {
	for _, name := range []string{features.ValidFrom, features.ValidUntil} {
		if told := mapped[name]; told != "" && told != "-" {
			return haidang.RefuseField("period", "Chọn một trong hai: một khoảng thời gian cho cả tệp, hoặc trường "+name+" của tệp.", "Choose one: a period for the whole file, or a field for "+name+".")
		}
	}
	if w.From == "" && w.Until == "" {
		return haidang.RefuseField("period", "Hãy cho ngày đầu hoặc ngày hết hiệu lực.", "Give the first day, or the day on which it ends.")
	}
	d.whole = &w
	for name, end := range map[string]*string{"period.from": &d.whole.From, "period.until": &d.whole.Until} {
		var why *haidang.Text
		if *end != "" {
			*end, why = day(*end)
		}
		if why != nil {
			return haidang.RefuseField(name, why.VI, why.EN)
		}
	}
	if why := inOrder(d.whole.From, d.whole.Until); why != nil {
		return haidang.RefuseField("period.until", why.VI, why.EN)
	}
	return nil
}

// inOrder takes days of the form 2021-01-31, or none.
func inOrder(from, until string) *haidang.Text {
	if from != "" && until != "" && until <= from {
		return sentence("Ngày hết hiệu lực %s phải sau ngày đầu %s.", "The end %[1]s must be after the first day %[2]s.", until, from)
	}
	return nil
}

// of returns the period of a record as PostgreSQL reads a daterange, or the column at
// fault and why.
func (d *dating) of(value func(field int) string) (text, field string, why *haidang.Text) {
	if d.whole != nil {
		return "[" + d.whole.From + "," + d.whole.Until + ")", "", nil
	}
	var days [2]string
	for n, end := range d.ends() {
		if end.field < 0 {
			continue
		}
		if s := value(end.field); s != "" {
			if days[n], why = day(s); why != nil {
				return "", end.name, why
			}
		}
	}
	return "[" + days[0] + "," + days[1] + ")", features.ValidUntil, inOrder(days[0], days[1])
}

// end is one end of a period and the field that it comes from.
type end struct {
	name  string
	field int
}

func (d *dating) ends() [2]end {
	return [2]end{{features.ValidFrom, d.from}, {features.ValidUntil, d.until}}
}

// startSQL is SQL for the first day of a row's period, which is a part of the key: the
// same area of another plan is another feature, while one whose end is set is the same.
func startSQL(table string) string {
	return "coalesce(lower(" + table + ".period), '-infinity')"
}
