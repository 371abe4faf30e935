package simulator

// complaint is what a simulated citizen has to say, in the words of the province.
type complaint struct{ category, language, words string }

var complaints = []complaint{
	{"flood", "vi", "Triều lên ngập sân trường, nước tới gần đầu gối, các cháu không vào lớp được."},
	{"flood", "vi", "Mưa lớn một tiếng là hẻm ngập, miệng cống bị rác bít kín."},
	{"flood", "vi", "Nước tràn qua bờ bao, đang chảy vào ruộng lúa sắp thu hoạch."},
	{"road", "vi", "Ổ gà lớn giữa đường, tối qua đã có hai xe máy té."},
	{"road", "vi", "Nắp cống trên vỉa hè bị bể, người già đi bộ rất nguy hiểm."},
	{"road", "vi", "Đường đất vào ấp sạt một đoạn sát mé kênh, xe không qua được."},
	{"waste", "vi", "Rác chợ để ba ngày chưa lấy, mùi hôi cả khu."},
	{"waste", "vi", "Có người đổ vỏ tôm và bao bì xuống kênh nội đồng."},
	{"street_light", "vi", "Đèn đường tắt cả đoạn dài gần trường học, tối đi rất sợ."},
	{"street_light", "vi", "Đèn sáng suốt ngày, tốn điện, mong ngành kiểm tra lại tủ hẹn giờ."},
	{"water", "vi", "Nước máy sáng nay có vị lợ, nấu cơm không ăn được."},
	{"water", "vi", "Nước sinh hoạt yếu từ hôm qua, nhà cuối đường ống không có nước."},
	{"canal", "vi", "Cống lấy nước mở trong lúc nước mặn lên, nhờ kiểm tra gấp."},
	{"canal", "vi", "Lục bình dày kín kênh cấp hai, ghe xuồng không đi được."},
	{"power", "vi", "Dây điện võng xuống thấp qua lộ, xe tải đi vướng."},
	{"power", "vi", "Điện chập chờn mỗi chiều, máy oxy của ao tôm không chạy nổi."},
	{"tree", "vi", "Cây bàng ngã chắn nửa mặt lộ sau cơn giông."},
	{"noise", "vi", "Hát karaoke loa kẹo kéo tới khuya, cả xóm không ngủ được."},
	{"other", "vi", "Bảng tên đường bị che khuất, người giao hàng tìm không ra nhà."},
	{"road", "en", "The wooden bridge over the canal has two missing planks."},
	{"waste", "en", "Rubbish is being burnt behind the market every evening."},
	{"flood", "km", "ទឹកលិចផ្លូវចូលភូមិ ក្មេងៗទៅសាលាមិនបាន។"},
	{"street_light", "km", "ភ្លើងផ្លូវមុខវត្តខូចប្រាំថ្ងៃហើយ។"},
	{"water", "km", "ទឹកម៉ាស៊ីនមានជាតិប្រៃ មិនអាចផឹកបាន។"},
}
